"""From an event to a received webhook: lanes, order, retries, fencing, holding. A real database, real sockets."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from contracts.commands.notify import RegisterEndpoint, ResumeEndpoint, SuspendEndpoint
from services.notify.domain.addresses import AddressPolicy
from services.notify.sender.port import Outcome, Post
from tests.conformance.sender.endpoint_server import Behaviour, Connection, EndpointServer
from tests.conformance.sender.memory_sender import MemorySender, Scripted
from tests.integration.notify.conftest import (
    Notify,
    as_company,
    demanded,
    endpoint_of,
    free_port,
    run_until_idle,
    withdrawn,
)

STATE = "select state, attempts, last_error from webhook where order_id = %s order by stream_version"
EVENTS = "select type from event where type like %s order by event_no"


def answers(*statuses: int) -> Behaviour:
    """Answers these in turn, the last one for ever."""
    left = list(statuses)

    def behave(connection: Connection) -> None:
        connection.answer(left.pop(0) if len(left) > 1 else left[0])

    return behave


def test_a_demand_reaches_the_addressee_signed(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(200)
    shown = notify.registered(isp, server.url("/hook"))
    order = uuid4()
    message = demanded(isp, order)
    notify.hand_over(message)
    assert run_until_idle(notify) == 1
    (post,) = server.posts_to("/hook")
    body = Webhook(shown["secret"]).verify(post.body, post.headers)
    assert body["type"] == "enforcement.contract-termination-demanded"
    assert {
        "order_id": str(order),
        "kind": "contract-termination",
        "document": message.event.document,
        "signature": message.event.signature,
        "key_id": message.event.key_id,
        "report_back_at": "2026-12-01T10:00:00.000000Z",
    } == body["data"]
    assert notify.rows(STATE, order) == [("delivered", 1, None)]
    assert notify.rows(EVENTS, "notify.webhook%") == [("notify.webhook-delivered",)]


def test_the_same_event_twice_is_one_message(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    message = demanded(isp, uuid4())
    notify.hand_over(message, message)
    notify.hand_over(message)
    run_until_idle(notify)
    notify.hand_over(message)
    run_until_idle(notify)
    assert len(server.posts_to("/hook")) == 1


@pytest.mark.fault("F51", "F53")
def test_every_attempt_has_the_same_id_and_bytes_and_a_fresh_signature(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    server.behaviours["/hook"] = answers(500, 500, 200)
    shown = notify.registered(isp, server.url("/hook"))
    order = uuid4()
    notify.hand_over(demanded(isp, order))
    assert run_until_idle(notify) == 3
    posts = server.posts_to("/hook")
    assert len({(post.headers["webhook-id"], post.body) for post in posts}) == 1
    for post in posts:
        Webhook(shown["secret"]).verify(post.body, post.headers)
    assert notify.rows(STATE, order) == [("delivered", 3, None)]
    log = notify.rows("select status, fault from attempt order by epoch")
    assert log == [(500, "theirs"), (500, "theirs"), (200, None)]


def test_after_the_last_attempt_a_person_is_told_and_nothing_is_dropped(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    server.behaviours["/hook"] = answers(500)
    notify.registered(isp, server.url("/hook"))
    order = uuid4()
    notify.hand_over(demanded(isp, order), withdrawn(isp, order))
    assert run_until_idle(notify) == 3
    assert notify.rows(STATE, order) == [("escalated", 3, "answered 500"), ("waiting", 0, None)]
    assert notify.rows(EVENTS, "notify.webhook%") == [("notify.webhook-escalated",)]

    server.behaviours["/hook"] = answers(200)
    notify.execute(ResumeEndpoint(endpoint_id=endpoint_of(isp)))
    notify.settle()
    assert run_until_idle(notify) == 2
    assert notify.rows(STATE, order) == [("delivered", 4, None), ("delivered", 1, None)]


def test_a_second_escalation_is_told_again(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(500)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, uuid4()))
    for _ in range(2):
        assert run_until_idle(notify) == 3
        notify.execute(ResumeEndpoint(endpoint_id=endpoint_of(isp)))
        notify.settle()
    assert len(notify.rows(EVENTS, "notify.webhook-escalated")) == 2


def test_messages_of_one_order_arrive_in_order_and_a_broken_order_holds_back_nothing_else(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    broken, well = uuid4(), uuid4()

    def fails_one_order(connection: Connection) -> None:
        assert connection.request
        connection.answer(500 if str(broken).encode() in connection.request.body else 200)

    server.behaviours["/hook"] = fails_one_order
    notify.registered(isp, server.url("/hook"))
    slow = replace(notify, schedule=(0.0, 3600.0))
    slow.hand_over(demanded(isp, broken), withdrawn(isp, broken), demanded(isp, well), withdrawn(isp, well))
    assert run_until_idle(slow) == 3
    assert notify.rows(STATE, well) == [("delivered", 1, None), ("delivered", 1, None)]
    assert notify.rows(STATE, broken) == [("waiting", 1, "answered 500"), ("waiting", 0, None)]
    types = [json.loads(p.body)["type"] for p in server.posts_to("/hook") if str(well).encode() in p.body]
    assert types == ["enforcement.contract-termination-demanded", "enforcement.order-withdrawn"]


def test_messages_wait_for_an_endpoint_that_is_not_there_yet(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    order = uuid4()
    notify.hand_over(demanded(isp, order))
    assert run_until_idle(notify) == 0
    server.behaviours["/hook"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    assert run_until_idle(notify) == 1


def test_messages_wait_for_an_address_that_has_not_proved_itself(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    server.behaviours["/hook"] = server.behaviours["/new"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    notify.unasked(RegisterEndpoint(provider_id=isp, url=server.url("/new")), str(uuid4()))
    notify.settle()
    notify.hand_over(demanded(isp, uuid4()))
    assert run_until_idle(notify) == 0


@pytest.mark.fault("F49")
def test_gone_suspends_the_endpoint_and_holds_its_messages(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(410)
    notify.registered(isp, server.url("/hook"))
    first, second = uuid4(), uuid4()
    notify.hand_over(demanded(isp, first))
    assert notify.worker().run_once() == 1
    notify.settle()
    notify.hand_over(demanded(isp, second))
    assert run_until_idle(notify) == 0
    assert notify.rows(STATE, first) == [("waiting", 1, "answered 410")]
    assert notify.rows(EVENTS, "notify.endpoint-suspended") == [("notify.endpoint-suspended",)]

    server.behaviours["/hook"] = answers(200)
    notify.execute(ResumeEndpoint(endpoint_id=endpoint_of(isp)), as_company(isp))
    notify.settle()
    assert run_until_idle(notify) == 2


@pytest.mark.fault("F9")
def test_a_worker_past_its_lease_suspends_nobody(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    """It heard 410; meanwhile the company mended its endpoint, and another worker delivered."""
    server.behaviours["/hook"] = answers(410, 200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, uuid4()))

    class Slow:
        def check(self, url: str) -> None:
            notify.sender.check(url)

        def send(self, post: Post) -> Outcome:
            heard = notify.sender.send(post)
            with notify.pool.transaction() as cursor:
                cursor.execute("update lane set leased_until = clock_timestamp() - interval '1 second'")
            assert notify.worker().run_once() == 1
            return heard

    assert notify.worker(sender=Slow()).run_once() == 1
    assert notify.rows("select state from webhook") == [("delivered",)]
    assert notify.rows(EVENTS, "notify.endpoint-suspended") == []


@pytest.mark.fault("F50")
@pytest.mark.parametrize(
    ("header", "at_least", "at_most"), [("120", 119, 121), ("1000000000000", 86_390, 86_400), ("-1", 4, 6), ("x", 4, 6)]
)
def test_retry_after_is_honoured_within_a_day(
    notify: Notify, server: EndpointServer, isp: UUID, header: str, at_least: int, at_most: int
) -> None:
    server.behaviours["/hook"] = lambda connection: connection.answer(429, (("Retry-After", header),))
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, uuid4()))
    assert run_until_idle(replace(notify, schedule=(0.0, 5.0))) == 1
    ((pause,),) = notify.rows("select extract(epoch from next_attempt_at - clock_timestamp()) from webhook")
    assert at_least <= float(pause) <= at_most


def test_a_key_that_does_not_open_stops_its_own_endpoint_only(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    other = uuid4()
    server.behaviours["/a"] = server.behaviours["/b"] = answers(200)
    notify.registered(isp, server.url("/a"))
    notify.registered(other, server.url("/b"))
    with notify.pool.transaction() as cursor:
        cursor.execute(
            "update endpoint_secret set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) "
            "where endpoint_id = %s",
            (endpoint_of(isp),),
        )
    spoilt, well = uuid4(), uuid4()
    notify.hand_over(demanded(isp, spoilt), demanded(other, well))
    run_until_idle(notify)
    assert server.posts_to("/a") == []
    assert notify.rows(STATE, well) == [("delivered", 1, None)]
    assert notify.rows("select distinct fault from attempt where fault is not null") == [("ours",)]


def test_a_suspended_endpoint_gets_nothing(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    notify.execute(SuspendEndpoint(endpoint_id=endpoint_of(isp), reason="Bảo trì."), as_company(isp))
    notify.settle()
    notify.hand_over(demanded(isp, uuid4()))
    assert run_until_idle(notify) == 0


class Interrupted(MemorySender):
    """Runs something in the middle of an attempt."""

    def __init__(self, url: str, between: Callable[[], None]) -> None:
        super().__init__(AddressPolicy(allow_loopback=True), scripts={url: lambda _post: Scripted(200)})
        self._between = between

    def send(self, post: Post) -> Outcome:
        outcome = super().send(post)
        self._between()
        return outcome


@pytest.mark.fault("F9")
def test_a_worker_that_slept_through_its_lease_changes_nothing(notify: Notify, isp: UUID) -> None:
    url = "http://127.0.0.1:9999/hook"
    notify.registered(isp, url)
    order = uuid4()
    notify.hand_over(demanded(isp, order))
    quick = Interrupted(url, lambda: None)

    def another_worker_does_it() -> None:
        with notify.pool.transaction() as cursor:  # the lease runs out while this worker sleeps
            cursor.execute("update lane set leased_until = clock_timestamp() - interval '1 second'")
        assert notify.worker("awake", sender=quick).run_once() == 1

    asleep = Interrupted(url, another_worker_does_it)
    assert notify.worker("asleep", sender=asleep).run_once() == 1
    assert notify.rows(STATE, order) == [("delivered", 1, None)]
    assert notify.rows(EVENTS, "notify.webhook%") == [("notify.webhook-delivered",)]
    log = notify.rows("select epoch, ended_at is null from attempt order by epoch")
    assert log == [(1, True), (2, False)]
    assert len({post.headers[1] for post in (*quick.posts, *asleep.posts)}) == 1


@pytest.mark.fault("F9")
def test_a_late_failure_does_not_undo_a_delivery(notify: Notify, isp: UUID) -> None:
    url = "http://127.0.0.1:9999/hook"
    notify.registered(isp, url)
    order = uuid4()
    notify.hand_over(demanded(isp, order))
    quick = Interrupted(url, lambda: None)

    def another_worker_does_it() -> None:
        with notify.pool.transaction() as cursor:
            cursor.execute("update lane set leased_until = clock_timestamp() - interval '1 second'")
        notify.worker("awake", sender=quick).run_once()

    asleep = Interrupted(url, another_worker_does_it)
    asleep.scripts[url] = lambda _post: Scripted(500)
    notify.worker("asleep", sender=asleep).run_once()
    assert notify.rows(STATE, order) == [("delivered", 1, None)]


def test_no_two_workers_hold_one_lane(notify: Notify, isp: UUID) -> None:
    url = "http://127.0.0.1:9999/hook"
    notify.registered(isp, url)
    order = uuid4()
    notify.hand_over(demanded(isp, order), withdrawn(isp, order))
    found: list[int] = []
    sender = Interrupted(url, lambda: found.append(notify.worker("second").run_once()))
    assert notify.worker("first", sender=sender).run_once() == 1
    assert found == [0]


def test_a_failing_endpoint_holds_one_worker_and_a_well_one_up_to_four(notify: Notify, isp: UUID) -> None:
    url = "http://127.0.0.1:9999/hook"
    notify.registered(isp, url)
    notify.hand_over(*(demanded(isp, uuid4()) for _ in range(12)))
    busy = [0]

    def deepest() -> int:
        """How many workers can be inside the endpoint at once."""
        busy[0] = 0

        def another() -> None:
            busy[0] += 1
            notify.worker(sender=Interrupted(url, another)).run_once()

        notify.worker(sender=Interrupted(url, another)).run_once()
        return busy[0]

    assert deepest() == 1
    assert 2 <= deepest() <= 4
    for _ in range(2):
        deepest()
    failing = Interrupted(url, lambda: None)
    failing.scripts[url] = lambda _post: Scripted(500)
    notify.hand_over(*(demanded(isp, uuid4()) for _ in range(3)))
    replace(notify, schedule=(0.0, 3600.0)).worker(sender=failing).run_once()
    assert deepest() == 1


def test_an_unreachable_endpoint_is_tried_again(notify: Notify, isp: UUID) -> None:
    notify.registered(isp, f"http://127.0.0.1:{free_port()}/hook")
    order = uuid4()
    notify.hand_over(demanded(isp, order))
    assert run_until_idle(notify) == 3
    assert notify.rows(STATE, order) == [("escalated", 3, "the connection failed: Connection refused")]


def test_the_timestamp_of_a_signature_is_the_database_time(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, uuid4()))
    run_until_idle(notify)
    (post,) = server.posts_to("/hook")
    assert abs(int(post.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
