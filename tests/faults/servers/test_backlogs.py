"""F23: autovacuum is off and a great deal waits: work is still found by an index, and all of it drains."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from chassis.observe.metrics import UNSEQUENCED_DEAD_ROWS
from chassis.relay import lag
from chassis.store import sequencer
from chassis.store.decision import Change, Decision
from services.notify.deliveries import clock_watch, lanes
from tests.conformance.sender.endpoint_server import EndpointServer
from tests.faults.doses import rounds
from tests.faults.servers.test_relay_faults import keep_relaying, own_bus
from tests.integration.notify.conftest import Notify, demanded, notify, notify_database, server
from tests.integration.relay.bus import Bus, check_topic_is_the_log
from tests.integration.store.conftest import store
from tests.integration.store.counting import Counted, Store, append_with
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

__all__ = ["notify", "notify_database", "own_bus", "server", "store"]  # fixtures

AT_ONCE = 500
LANES_AT_ONCE = 20_000
DRAINED_S = 3_600
DUE = 30
"""Messages among the others that can be delivered now."""
ENDPOINTS = 50
WAITING = """
with waiting as (
    insert into lane (endpoint_id, order_id, due_at)
    select ('00000000-0000-4000-8000-' || lpad((n %% %(endpoints)s)::text, 12, '0'))::uuid, gen_random_uuid(),
           clock_timestamp() + interval '1 day'
    from generate_series(1, %(lanes)s) as n returning endpoint_id, order_id, due_at)
insert into webhook (message_id, event_id, endpoint_id, provider_id, order_id, stream_version, webhook_type, body,
                     correlation_id, next_attempt_at)
select gen_random_uuid(), gen_random_uuid(), endpoint_id, endpoint_id, order_id, 1, 'order', '{}', gen_random_uuid(),
       due_at
from waiting
"""


@pytest.mark.fault("F23")
def test_events_without_a_position_are_taken_by_index_and_drain(store: Store, own_bus: Bus) -> None:
    without_autovacuum(store.admin_dsn, "unsequenced", "event", "log")
    backlog = rounds("F23", "backlog", by=AT_ONCE, loops_after=1)  # to drain it takes as long
    for _ in backlog:
        changes = tuple(Change(uuid4(), "counter", 0, (Counted(by=1),)) for _ in range(AT_ONCE))
        with store.pool.transaction() as cursor:
            append_with(cursor, Decision(changes))
    assert scanned(store, sequencer.TAKE, (sequencer.BATCH,)) == set()
    taker = sequencer.Sequencer(store.pool, "counter")
    while (left := store.rows("select count(*) from unsequenced")[0][0]) > backlog.given // 2:
        assert taker.run_once(), f"{left} are left"
    assert scanned(store, sequencer.TAKE, (sequencer.BATCH,)) == set(), "with as many dead rows as living ones"
    assert scanned(store, sequencer.LAST_OF_EACH_PARTITION) == set()

    def dead_rows_are_seen() -> bool:
        lag.measure(store.pool, own_bus.service)
        return bool(UNSEQUENCED_DEAD_ROWS._value.get() > 0)

    wait_until(dead_rows_are_seen, 30, "what autovacuum leaves behind is seen")
    store.sequence()
    relay = own_bus.relay(store)
    keep_relaying(relay, store, DRAINED_S)
    relay.close()
    assert check_topic_is_the_log(own_bus, store) == 0


@pytest.mark.fault("F23")
def test_webhooks_that_wait_hold_up_none_that_is_due(
    notify: Notify, notify_database: Database, server: EndpointServer
) -> None:
    without_autovacuum(notify_database.admin_dsn, "lane", "webhook", "attempt")
    for _ in rounds("F23", "backlog", by=LANES_AT_ONCE):
        with notify.pool.transaction() as cursor:
            cursor.execute(WAITING, {"lanes": LANES_AT_ONCE, "endpoints": ENDPOINTS})
    isp = uuid4()
    server.behaviours["/hook"] = lambda connection: connection.answer(200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(*(demanded(isp, uuid4()) for _ in range(DUE)))
    claim = (lanes.LEASE, {"owner": "nobody", "lease": 45})
    assert scanned(notify, *claim) & {"lane", "webhook"} == set()
    assert scanned(notify, clock_watch.LANES_AHEAD) & {"lane", "webhook"} == set()
    worker = notify.worker()
    while worker.run_once():
        pass
    delivered = "select count(*) from webhook where state = 'delivered'"
    assert notify.rows(delivered) == [(DUE,)]


def without_autovacuum(dsn: str, *tables: str) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"alter table {table} set (autovacuum_enabled = off)")


def scanned(where: Any, sql: str, parameters: Any = ()) -> set[str]:
    """The tables that PostgreSQL would read from end to end for this statement."""
    with where.pool.transaction() as cursor:
        cursor.execute(f"explain (format json) {sql}", parameters)
        [[plan]] = cursor.fetchone()
    return {node["Relation Name"] for node in nodes(plan["Plan"]) if node["Node Type"] == "Seq Scan"}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
