"""F8: `kill -9` of a webhook worker anywhere on its way. Nothing is lost, and no more is doubled than was in flight."""

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.conformance.sender.endpoint_server import Connection, EndpointServer
from tests.faults.doses import rounds
from tests.integration.notify.conftest import Notify, demanded, notify, notify_database, server, withdrawn
from tests.integration.notify.processes import Processes, Running
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

__all__ = ["notify", "notify_database", "server"]  # fixtures

KILLS_A_ROUND = 2
"""At random moments; each has ten orders with two messages."""
CRASH_POINTS = ("webhook.before-post", "webhook.after-answer", "webhook.during-write")
LEASES_RUN_OUT = "update lane set leased_until = clock_timestamp() - interval '1 second' where leased_until is not null"


@pytest.fixture
def processes(notify_database: Database, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(notify_database, tmp_path)
    yield made
    made.end()


def ends_by_kill(process: Running) -> None:
    wait_until(lambda: process.ended_by() == signal.SIGKILL, 20, f"the process kills itself ({process.log})")


def fall_asleep(process: Running) -> None:
    """Returns when no thread of it runs any more: a signal is only on its way when it has been sent."""
    os.killpg(process.process.pid, signal.SIGSTOP)
    threads = Path(f"/proc/{process.process.pid}/task")
    wait_until(
        lambda: {(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads.iterdir()} == {"T"},
        20,
        "every thread is stopped",
    )


def let_leases_run_out(service: Notify) -> None:
    """What 45 s would do."""
    with service.pool.transaction() as cursor:
        cursor.execute(LEASES_RUN_OUT)


def arrived(server: EndpointServer, count: int) -> bool:
    return len(server.received) >= count


def all_delivered(service: Notify, messages: int) -> bool:
    found = service.rows("select count(*), count(*) filter (where state = 'delivered') from webhook")
    return found == [(messages, messages)]


def check(service: Notify, server: EndpointServer, orders: list[UUID], most_doubled: int) -> None:
    """The log against the queue, the queue against what the endpoint received, ids against bytes, order per lane."""
    told = service.rows("select data->>'message_id' from event where type = 'notify.webhook-delivered'")
    queue = service.rows("select message_id::text from webhook where state = 'delivered'")
    assert sorted(told) == sorted(queue), "one fact a message"
    assert len(queue) == 2 * len(orders), "nothing is lost"
    received = [(post.headers["webhook-id"], post.body) for post in server.posts_to("/hook")]
    assert {message for message, _ in received} == {message for (message,) in queue}
    assert len(set(received)) == len(queue), "the same id, the same bytes"
    assert len(received) - len(queue) <= most_doubled, "doubled no more than was in flight"
    for order in orders:
        types = [json.loads(body)["type"] for _, body in received if str(order).encode() in body]
        assert types == sorted(types), "the demand comes before its withdrawal"


@pytest.mark.fault("F8")
@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_worker_killed_at_a_crash_point_loses_and_doubles_nothing_more_than_its_message(
    notify: Notify, server: EndpointServer, processes: Processes, point: str
) -> None:
    isp, order = uuid4(), uuid4()
    server.behaviours["/hook"] = lambda connection: connection.answer(200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, order), withdrawn(isp, order))
    kills = rounds("F8", "rounds")
    for _ in kills:
        ends_by_kill(processes.start("work", {"PHOIHOP_CRASH_AT": point}))
        let_leases_run_out(notify)
    attempts = notify.rows("select count(*) from attempt where ended_at is null")
    assert attempts == [(kills.given,)], "the log shows attempts whose outcome nobody knows"
    processes.start("work")
    wait_until(lambda: all_delivered(notify, 2), 20, "both messages delivered")
    check(notify, server, [order], most_doubled=kills.given)


@pytest.mark.fault("F8")
def test_kills_at_random_moments_under_load_lose_nothing(
    notify: Notify, server: EndpointServer, processes: Processes
) -> None:
    isps, orders = [uuid4() for _ in range(4)], list[UUID]()

    def slow_and_flaky(connection: Connection) -> None:
        connection.stopped.wait(0.02)
        connection.answer(500 if os.urandom(1)[0] < 40 else 200)

    server.behaviours["/hook"] = slow_and_flaky
    for isp in isps:
        notify.registered(isp, server.url("/hook"))
    in_flight = 0
    for _ in (kill for _ in rounds("F8", "rounds") for kill in range(KILLS_A_ROUND)):
        part = [uuid4() for _ in range(10)]
        orders += part
        notify.hand_over(*(demanded(isps[n % 4], order) for n, order in enumerate(part)))
        notify.hand_over(*(withdrawn(isps[n % 4], order) for n, order in enumerate(part)))
        before = len(server.received)
        process = processes.start("work", {"PHOIHOP_WEBHOOK_SCHEDULE": ",".join(["0.01"] * 30)})
        wait_until(partial(arrived, server, before + 7), 20, "some messages are under way")
        process.end()
        in_flight += len(notify.rows("select 1 from lane where leased_until is not null"))
        let_leases_run_out(notify)
    processes.start("work", {"PHOIHOP_WEBHOOK_SCHEDULE": ",".join(["0.01"] * 30)})
    wait_until(lambda: all_delivered(notify, 2 * len(orders)), 30, "every message delivered")
    answered_500 = len(notify.rows("select 1 from attempt where status = 500"))
    check(notify, server, orders, most_doubled=in_flight + answered_500)


@pytest.mark.fault("F9")
def test_a_stopped_process_that_wakes_up_late_changes_nothing(
    notify: Notify, server: EndpointServer, processes: Processes
) -> None:
    isp, order = uuid4(), uuid4()

    def answers_late(connection: Connection) -> None:
        if len(server.posts_to("/hook")) == 1:
            fall_asleep(asleep)
        connection.answer(200)

    server.behaviours["/hook"] = answers_late
    notify.registered(isp, server.url("/hook"))
    asleep = processes.start("work")
    notify.hand_over(demanded(isp, order), withdrawn(isp, order))
    wait_until(lambda: server.posts_to("/hook"), 20, "the first post")
    let_leases_run_out(notify)
    processes.start("work")
    wait_until(lambda: all_delivered(notify, 2), 20, "the other process delivers both")
    os.killpg(asleep.process.pid, signal.SIGCONT)
    fenced = "a result came too late and was thrown away"
    wait_until(lambda: fenced in asleep.log.read_text("utf-8"), 20, "the late result is thrown away")
    check(notify, server, [order], most_doubled=1)
