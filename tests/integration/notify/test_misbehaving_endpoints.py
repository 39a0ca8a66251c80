"""What endpoints do to the sender, over real sockets: the deadline, the memory and the address rules hold."""

import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notify.domain.addresses import AddressPolicy
from services.notify.sender.http_sender import HttpSender
from services.notify.sender.port import MAX_KEPT, Fault, LookUpFailed, Outcome, Post
from tests.conformance.sender.endpoint_server import Behaviour, Connection, EndpointServer, serving
from tests.support.waiting import wait_until

POLICY = AddressPolicy(allow_loopback=True)
DEADLINE_S = 0.5
SLACK_S = 10
"""The machine's, not the sender's: without a deadline each of these would take much longer, or for ever."""
BODY = b'{"type":"x"}'
MIB = 1024 * 1024


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with serving() as endpoint:
        yield endpoint


def attempt(url: str, sender: HttpSender | None = None) -> Outcome:
    return (sender or HttpSender(POLICY, deadline_s=DEADLINE_S)).send(Post(url, (("webhook-id", "4f1e"),), BODY))


def drips_head(connection: Connection) -> None:
    connection.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000, every_s=0.05)


def drips_one_byte_and_stops(connection: Connection) -> None:
    connection.say(b"H")
    connection.hold()


def repeats_continue(connection: Connection) -> None:
    while not connection.stopped.is_set():
        connection.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 10)


def slowly_repeats_continue(connection: Connection) -> None:
    while not connection.stopped.wait(0.1):
        connection.say(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.fault("F41")
@pytest.mark.parametrize("behaviour", [drips_head, drips_one_byte_and_stops, slowly_repeats_continue, Connection.hold])
def test_a_slow_head_ends_at_the_deadline(server: EndpointServer, behaviour: Behaviour) -> None:
    server.behaviours["/slow"] = behaviour
    started = time.monotonic()
    outcome = attempt(server.url("/slow"))
    assert DEADLINE_S <= time.monotonic() - started < DEADLINE_S + SLACK_S
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)
    assert "no complete answer" in (outcome.error or "")


@pytest.mark.fault("F41", "F47")
def test_a_dripping_body_ends_at_the_deadline_and_the_status_counts(server: EndpointServer) -> None:
    def drips_body(connection: Connection) -> None:
        connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        connection.drip(b"x" * 1000, every_s=0.05)

    server.behaviours["/slow"] = drips_body
    started = time.monotonic()
    outcome = attempt(server.url("/slow"))
    assert time.monotonic() - started < DEADLINE_S + SLACK_S
    assert outcome.received
    assert b"xxx" in outcome.answer


@pytest.mark.fault("F41")
def test_an_endpoint_that_never_reads_ends_at_the_deadline() -> None:
    with serving(reads=False) as server:
        started = time.monotonic()
        sender = HttpSender(POLICY, deadline_s=DEADLINE_S)
        outcome = sender.send(Post(server.url("/"), (), b"x" * 20 * MIB))
        assert time.monotonic() - started < DEADLINE_S + SLACK_S
        assert "no complete answer" in (outcome.error or "")


def one_gigabyte(connection: Connection) -> None:
    connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        connection.say(bytes(MIB))


def endless_chunks(connection: Connection) -> None:
    connection.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not connection.stopped.is_set():
        connection.say(b"10000\r\n" + bytes(0x10000) + b"\r\n")


def gzip_bomb(connection: Connection) -> None:
    connection.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 314572800\r\n\r\n\x1f\x8b\x08")
    for _ in range(300):
        connection.say(bytes(MIB))


def one_line_without_end(connection: Connection) -> None:
    connection.say(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(256):
        connection.say(b"a" * MIB)


def ten_thousand_headers(connection: Connection) -> None:
    connection.say(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 10_000 + b"\r\n")


@pytest.mark.fault("F42")
@pytest.mark.parametrize("behaviour", [one_gigabyte, endless_chunks, gzip_bomb])
def test_a_flood_takes_little_memory_and_is_cut(server: EndpointServer, behaviour: Behaviour) -> None:
    server.behaviours["/flood"] = behaviour
    attempt(server.url("/nothing"))
    tracemalloc.start()
    try:
        outcome = attempt(server.url("/flood"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.received
    assert len(outcome.answer) == MAX_KEPT
    assert peak < 5 * MIB


@pytest.mark.fault("F42")
@pytest.mark.parametrize("behaviour", [one_line_without_end, ten_thousand_headers, repeats_continue])
def test_a_head_without_end_is_a_failure(server: EndpointServer, behaviour: Behaviour) -> None:
    server.behaviours["/flood"] = behaviour
    started = time.monotonic()
    outcome = attempt(server.url("/flood"))
    assert time.monotonic() - started < DEADLINE_S + SLACK_S
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)


@pytest.mark.fault("F42")
@pytest.mark.parametrize(
    "answer",
    [
        b"hello there",
        b"<html>just a body</html>",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes(range(256)) * 8,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_failure(server: EndpointServer, answer: bytes) -> None:
    server.behaviours["/odd"] = lambda connection: connection.say(answer)
    outcome = attempt(server.url("/odd"))
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)


@pytest.mark.fault("F42", "F47")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: lots\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 200 OK\r\n\r\nab",
        b"HTTP/1.0 200 OK\r\n\r\nab",
    ],
)
def test_once_the_head_says_200_the_body_may_lie(server: EndpointServer, answer: bytes) -> None:
    server.behaviours["/lies"] = lambda connection: connection.say(answer)
    assert attempt(server.url("/lies")).received


@pytest.mark.fault("F47")
def test_a_reset_before_the_answer_is_a_failure(server: EndpointServer) -> None:
    def resets(connection: Connection) -> None:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server.behaviours["/reset"] = resets
    outcome = attempt(server.url("/reset"))
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)


@pytest.mark.fault("F43")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("goal", ["http://169.254.169.254/latest/", "file:///etc/passwd", "gopher://x/", "{trap}"])
def test_no_redirect_is_followed(server: EndpointServer, status: int, goal: str) -> None:
    with serving() as trap:
        location = goal.format(trap=trap.url("/"))
        server.behaviours["/moved"] = lambda connection: connection.answer(status, (("Location", location),))
        outcome = attempt(server.url("/moved"))
        assert (status, Fault.THEIRS) == (outcome.status, outcome.fault)
        assert server.connections == 1
        assert trap.connections == 0


def test_an_answer_before_the_request_was_read_counts() -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def refuses_at_once() -> None:
        accepted, _ = listening.accept()
        accepted.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        accepted.shutdown(socket.SHUT_WR)
        while accepted.recv(65536):
            pass
        accepted.close()

    thread = threading.Thread(target=refuses_at_once)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    outcome = HttpSender(POLICY, deadline_s=DEADLINE_S).send(Post(url, (), b"x" * MIB))
    thread.join(5)
    listening.close()
    assert outcome.status == 413


@pytest.mark.fault("F40")
def test_a_refused_connection_and_a_missing_name_are_theirs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = attempt(f"http://127.0.0.1:{port}/")
    assert (outcome.fault, outcome.error) == (Fault.THEIRS, "the connection failed: Connection refused")
    outcome = attempt("https://no-such-name.invalid/")
    assert (outcome.status, bool(outcome.error)) == (None, True)


@pytest.mark.fault("F40")
def test_a_failing_name_server_is_ours() -> None:
    def look_up(host: str, _port: int, _timeout_s: float) -> tuple[str, ...]:
        raise LookUpFailed(f"looking up {host} failed: try again")

    outcome = attempt("https://hooks.example.vn/", HttpSender(POLICY, look_up))
    assert (outcome.fault, outcome.error) == (Fault.OURS, "looking up hooks.example.vn failed: try again")


@pytest.mark.fault("F40")
def test_a_slow_look_up_counts_against_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: released.wait(30))
    started = time.monotonic()
    outcome = attempt("https://hooks.example.vn/")
    released.set()
    assert DEADLINE_S <= time.monotonic() - started < DEADLINE_S + SLACK_S
    assert outcome.error


@pytest.mark.fault("F44")
@pytest.mark.parametrize(
    "answers",
    [
        (("93.184.215.14",), ("127.0.0.1",)),
        (("93.184.215.14", "127.0.0.1"),),
        (("127.0.0.1", "93.184.215.14"),),
        (("2606:4700::1111", "10.0.0.1"),),
        (("::ffff:127.0.0.1",),),
        (("::1",),),
    ],
)
def test_a_name_that_changes_its_mind_reaches_nothing_of_ours(
    answers: tuple[tuple[str, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one connected to: a name is looked up once an attempt, and never again."""
    asked: list[str] = []
    connected: list[str] = []

    def rebinding(host: str, _port: int, _timeout_s: float) -> tuple[str, ...]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    def connect(_socket: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    sender = HttpSender(AddressPolicy(), rebinding)
    for number in range(1, 4):
        assert not attempt("https://rebind.example.vn/", sender).received
        assert number == len(asked)
    assert set(connected) <= {"93.184.215.14"}
    assert len(connected) == sum(1 for answer in answers if answer == ("93.184.215.14",))


@pytest.mark.fault("F45")
def test_proxies_of_the_environment_are_not_used(server: EndpointServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        server.behaviours["/hook"] = lambda connection: connection.answer(200, (("Set-Cookie", "a=b"),))
        sender = HttpSender(POLICY, deadline_s=DEADLINE_S)
        assert attempt(server.url("/hook"), sender).received
        assert attempt(server.url("/hook"), sender).received
        assert proxy.connections == 0
    first, second = server.posts_to("/hook")
    assert first.headers == second.headers
    assert "cookie" not in second.headers


def test_the_request_is_what_standard_webhooks_expects(server: EndpointServer) -> None:
    server.behaviours["/hook"] = lambda connection: connection.answer(204)
    attempt(server.url("/hook"))
    (post,) = server.posts_to("/hook")
    assert {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "Phoi-hop-Webhooks/1",
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": str(len(BODY)),
        "webhook-id": "4f1e",
    } == post.headers
    assert post.body == BODY


def test_a_header_that_would_break_out_of_its_line_is_not_sent(server: EndpointServer) -> None:
    post = Post(server.url("/hook"), (("webhook-id", "a\r\nHost: evil"),), BODY)
    outcome = HttpSender(POLICY, deadline_s=DEADLINE_S).send(post)
    assert outcome.fault == Fault.OURS
    assert server.connections == 0


def test_connections_are_closed_whatever_happens(server: EndpointServer) -> None:
    server.behaviours["/slow"] = Connection.hold
    server.behaviours["/odd"] = lambda connection: connection.say(b"nonsense")
    fds = Path("/proc/self/fd")
    attempt(server.url("/odd"))
    before = len(list(fds.iterdir()))
    sender = HttpSender(POLICY, deadline_s=0.05)
    for _ in range(10):
        attempt(server.url("/odd"), sender)
    wait_until(lambda: len(list(fds.iterdir())) <= before + 1, 5, "all connections closed")
