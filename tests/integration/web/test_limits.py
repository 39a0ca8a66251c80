"""Limits of size and time, over bare sockets where a client library would be too polite."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import requests

from tests.integration.web.conftest import Launch, Toy
from tests.support.waiting import wait_until

MIB = 1024 * 1024


def exchange(toy: Toy, sent: bytes, timeout: float = 30) -> tuple[int, dict[str, object]]:
    """Sends bytes as they are and reads one answer."""
    with socket.create_connection(("127.0.0.1", toy.port), timeout=timeout) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = answer.read()
        return answer.status, json.loads(body) if body else {}


def head(toy: Toy, length: int | None, *more: str) -> bytes:
    lines = [
        "POST /toy/v1/break HTTP/1.1",
        "Host: toy",
        f"Authorization: Bearer {toy.token()}",
        "Content-Type: application/json",
        "Idempotency-Key: limits",
        *([] if length is None else [f"Content-Length: {length}"]),
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_body_of_ten_megabytes_is_refused(toy: Toy) -> None:
    before = toy.footprint()
    answer = toy.send("POST", "/toy/v1/break", data=b"a" * 10 * MIB, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.json()["limit_bytes"] == MIB
    assert toy.footprint() == before


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(toy: Toy) -> None:
    assert exchange(toy, head(toy, 10 * 1024 * MIB))[1]["code"] == "body-too-large"


def test_a_client_that_asks_first_is_refused_without_sending(toy: Toy) -> None:
    assert exchange(toy, head(toy, 10 * MIB, "Expect: 100-continue"))[1]["code"] == "body-too-large"


def test_chunks_without_end_are_refused(toy: Toy) -> None:
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    status, problem = exchange(toy, head(toy, None, "Transfer-Encoding: chunked") + chunk * 17)
    assert (status, problem["code"]) == (413, "body-too-large")


def test_chunks_that_cannot_be_read_are_refused(toy: Toy) -> None:
    status, problem = exchange(toy, head(toy, None, "Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n")
    assert (status, problem["code"]) == (400, "malformed")


def test_a_body_that_ends_early_is_refused(toy: Toy) -> None:
    with socket.create_connection(("127.0.0.1", toy.port), timeout=10) as connection:
        connection.sendall(head(toy, 100) + b"{}")
        connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["code"]) == (400, "malformed")


def test_an_upload_has_a_limit_of_its_own(toy: Toy) -> None:
    assert toy.send("POST", "/toy/v1/imports", data=b"a" * 64 * 1024).json() == {"size": 64 * 1024}
    assert toy.send("POST", "/toy/v1/imports", data=b"a" * (64 * 1024 + 1)).json()["code"] == "body-too-large"


def test_a_slow_body_is_given_up_while_others_are_served(launch: Launch) -> None:
    toy = launch(PHOIHOP_BODY_SECONDS="0.5")
    with ThreadPoolExecutor(1) as slow:
        waiting = slow.submit(exchange, toy, head(toy, 100) + b"{")
        assert requests.get(f"{toy.url}/toy/v1/print", timeout=5).status_code == 200
        status, problem = waiting.result(timeout=20)
    assert (status, problem["code"]) == (408, "body-too-slow")


def test_a_request_that_takes_too_long_is_ended(toy: Toy) -> None:
    begun = monotonic()
    answer = requests.get(f"{toy.url}/toy/v1/slow", timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (503, "took-too-long")
    assert answer.headers["Retry-After"]
    assert monotonic() - begun < 5
    assert toy.send("GET", "/toy/v1/notes").status_code == 200


def test_the_process_outlives_clients_that_talk_nonsense(toy: Toy) -> None:
    nonsense = [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 20_000,
        b"GET / HTTP/1.1\r\n",
    ]
    nonsense.append(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n")
    nonsense.append(head(toy, 5) + b"{}")
    for sent in nonsense:
        with socket.create_connection(("127.0.0.1", toy.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    wait_until(lambda: requests.get(f"{toy.url}/health/live", timeout=5).ok, 5, "it still answers")
    assert toy.process.poll() is None
    assert not [line for line in toy.lines() if line["level"] == "critical"]
