"""What every sender promises. The real one runs over real sockets, its twin in memory."""

from collections.abc import Iterator
from typing import Protocol

import pytest

from services.notify.domain.addresses import AddressPolicy, AddressRefused, NameNotFound
from services.notify.sender.http_sender import HttpSender
from services.notify.sender.port import MAX_KEPT, Fault, Outcome, Post, Sender
from tests.conformance.sender.endpoint_server import Connection, EndpointServer, ReceivedPost, serving
from tests.conformance.sender.memory_sender import MemorySender, Scripted

POLICY = AddressPolicy(allow_loopback=True)
BODY = '{"type":"x","data":{"name":"Đại lý Internet Thành Đông"}}'.encode()
HEADERS = (("webhook-id", "4f1e"), ("content-type", "application/json"))


class World(Protocol):
    """A sender and an endpoint whose behaviour a test chooses."""

    @property
    def sender(self) -> Sender: ...

    def url(self, path: str) -> str: ...
    def endpoint(self, path: str, scripted: Scripted) -> None: ...
    def bodies(self, path: str) -> list[bytes]: ...


class InMemory:
    def __init__(self) -> None:
        self.sender = MemorySender(POLICY, names={"inside.example.vn": ("10.0.0.1",)}, deadline_s=0.5)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:9999{path}"

    def endpoint(self, path: str, scripted: Scripted) -> None:
        self.sender.scripts[self.url(path)] = lambda _post: scripted

    def bodies(self, path: str) -> list[bytes]:
        return [post.body for post in self.sender.posts if post.url == self.url(path)]


class OverSockets:
    def __init__(self, server: EndpointServer) -> None:
        self._server = server
        self.sender = HttpSender(POLICY, look_up=self._look_up, deadline_s=0.5)

    @staticmethod
    def _look_up(host: str, _port: int, _timeout_s: float) -> tuple[str, ...]:
        if host == "inside.example.vn":
            return ("10.0.0.1",)
        raise NameNotFound(f"{host} has no address.")

    def url(self, path: str) -> str:
        return self._server.url(path)

    def endpoint(self, path: str, scripted: Scripted) -> None:
        def behave(connection: Connection) -> None:
            if scripted.status is not None:
                header = (("Retry-After", scripted.retry_after),) if scripted.retry_after else ()
                connection.answer(scripted.status, header, scripted.body)
            elif not scripted.hangs_up:
                connection.hold()

        self._server.behaviours[path] = behave

    def bodies(self, path: str) -> list[bytes]:
        posts: list[ReceivedPost] = self._server.posts_to(path)
        return [post.body for post in posts]


@pytest.fixture(params=["memory", "sockets"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield InMemory()
    else:
        with serving() as server:
            yield OverSockets(server)


def attempt(world: World, path: str) -> Outcome:
    return world.sender.send(Post(world.url(path), HEADERS, BODY))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_means_received(world: World, status: int) -> None:
    world.endpoint("/hook", Scripted(status))
    outcome = attempt(world, "/hook")
    assert outcome.received
    assert (status, None, None) == (outcome.status, outcome.error, outcome.fault)
    assert world.bodies("/hook") == [BODY]


def test_an_error_text_under_200_changes_nothing(world: World) -> None:
    world.endpoint("/hook", Scripted(200, b"error: could not process"))
    outcome = attempt(world, "/hook")
    assert outcome.received
    assert outcome.answer == b"error: could not process"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 404, 409, 413, 422, 429, 500, 503, 599])
def test_any_other_status_is_a_failure_of_theirs(world: World, status: int) -> None:
    world.endpoint("/hook", Scripted(status))
    outcome = attempt(world, "/hook")
    assert not outcome.received
    assert (status, Fault.THEIRS) == (outcome.status, outcome.fault)
    assert (outcome.error or "").startswith(f"answered {status}")
    assert len(world.bodies("/hook")) == 1


def test_gone_is_told_apart(world: World) -> None:
    world.endpoint("/hook", Scripted(410))
    assert attempt(world, "/hook").gone


def test_retry_after_comes_as_it_was_sent(world: World) -> None:
    world.endpoint("/hook", Scripted(429, retry_after="120"))
    assert attempt(world, "/hook").retry_after == "120"


def test_only_the_beginning_of_an_answer_is_kept(world: World) -> None:
    world.endpoint("/hook", Scripted(500, b"x" * (MAX_KEPT + 1)))
    assert attempt(world, "/hook").answer == b"x" * MAX_KEPT


def test_no_answer_fails_at_the_deadline(world: World) -> None:
    world.endpoint("/hook", Scripted())
    outcome = attempt(world, "/hook")
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)
    assert outcome.error == "no complete answer within 0.5 s"


def test_hanging_up_is_a_failure_of_theirs(world: World) -> None:
    world.endpoint("/hook", Scripted(hangs_up=True))
    outcome = attempt(world, "/hook")
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)
    assert outcome.error == "the connection was closed before an answer"


@pytest.mark.parametrize(
    "url",
    ["https://inside.example.vn/", "https://nowhere.example.vn/", "https://10.0.0.1/", "https://169.254.169.254/", "x"],
)
def test_a_forbidden_address_is_a_failure_and_nothing_is_sent(world: World, url: str) -> None:
    outcome = world.sender.send(Post(url, HEADERS, BODY))
    assert (outcome.status, outcome.fault) == (None, Fault.THEIRS)
    assert outcome.error
    with pytest.raises(AddressRefused):
        world.sender.check(url)


def test_a_check_sends_nothing(world: World) -> None:
    world.endpoint("/hook", Scripted(200))
    world.sender.check(world.url("/hook"))
    assert world.bodies("/hook") == []
