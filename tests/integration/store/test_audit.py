"""Whatever a superuser does to the stored bytes, verify names the first position that is wrong."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from chassis.store import audit
from chassis.store.audit import Head, Verdict
from chassis.store.decision import Change, Decision
from chassis.store.digest import chain_hash, microseconds
from tests.integration.store.conftest import made, opened, tables
from tests.integration.store.counting import Counted, Store
from tests.support.stack_fixture import Database, Databases

EVENTS = 40
SLIP_IN = """
insert into event (event_id, stream_id, version, type, schema_version, data, metadata, occurred_at, recorded_at, digest)
select gen_random_uuid(), stream_id, 999, type, 1, data, metadata, occurred_at, recorded_at, digest from event limit 1
"""


def tamper(store: Store, *statements: str) -> None:
    """As the superuser, with triggers and foreign keys asleep."""
    connection = psycopg2.connect(store.admin_dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def verify(store: Store, head: Head | None = None) -> Verdict:
    return audit.verify_database(store.dsn, head)


def of_position(column_is: str, position: int) -> str:
    return f"update event set {column_is} where event_no = (select event_no from log where position = {position})"


def forty_events(database: Database) -> None:
    tables(database)
    with opened(database) as store:
        store.fill(EVENTS, streams=5)
        assert verify(store) == Verdict(True, EVENTS)


@pytest.fixture
def filled(databases: Databases) -> Iterator[Store]:
    with made(databases, "forty_events", forty_events) as store:
        yield store


@pytest.mark.fault("F22")
@pytest.mark.parametrize(
    "change",
    [
        """data = replace(data::text, 'Tr', 'tr')::json""",
        """data = (data::text || ' ')::json""",
        """metadata = replace(metadata::text, 'le-van-a', 'le-van-b')::json""",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "type = 'counter.uncounted'",
        "schema_version = 2",
        "version = version + 100",
        "event_id = gen_random_uuid()",
        "stream_id = gen_random_uuid()",
        "digest = sha256('')",
    ],
)
def test_a_changed_event_is_named(filled: Store, change: str) -> None:
    tamper(filled, of_position(change, 17))
    verdict = verify(filled)
    assert (verdict.ok, verdict.events, verdict.first_bad_position) == (False, 16, 17), verdict.reason


@pytest.mark.fault("F22")
@pytest.mark.parametrize(
    "change",
    [
        "hash = sha256('')",
        "hash = ''",
        "sequenced_at = sequenced_at + interval '1 microsecond'",
        "partition = (partition + 1) % 12",
        "prev = prev + 1",
        "epoch = 2",
        "epoch = 0",
    ],
)
def test_a_changed_place_in_the_log_is_named(filled: Store, change: str) -> None:
    tamper(filled, f"update log set {change} where position = 23")
    verdict = verify(filled)
    assert (verdict.ok, verdict.first_bad_position) == (False, 23), verdict.reason


@pytest.mark.fault("F22")
def test_a_deleted_event_is_named(filled: Store) -> None:
    tamper(filled, "delete from event where event_no = (select event_no from log where position = 9)")
    assert (verify(filled).first_bad_position, verify(filled).reason) == (
        9,
        "the event is missing, or a hash has a wrong length",
    )


@pytest.mark.fault("F22")
def test_a_deleted_place_is_named(filled: Store) -> None:
    tamper(filled, "delete from log where position = 9")
    assert (verify(filled).first_bad_position, verify(filled).reason) == (9, "the position is missing: 10 follows 8")


@pytest.mark.fault("F22")
def test_two_swapped_events_are_named(filled: Store) -> None:
    tamper(
        filled,
        "alter table log drop constraint log_event_no_key",
        "update log set event_no = (select sum(event_no) from log where position in (12, 30)) - event_no "
        "where position in (12, 30)",
    )
    assert verify(filled).first_bad_position == 12


@pytest.mark.fault("F22")
def test_an_event_slipped_in_between_is_named(filled: Store) -> None:
    """Everything behind it moved up by one, so that positions stay gapless: the chain still tells."""
    tamper(
        filled,
        SLIP_IN,
        "update log set position = -position - 1 where position >= 20",
        "update log set position = -position where position < 0",
        "insert into log select 1, 20, (select max(event_no) from event), partition, prev, sequenced_at, hash from log "
        "where position = 21",
    )
    assert verify(filled).first_bad_position == 20


@pytest.mark.fault("F22")
def test_an_event_that_stands_in_no_position_is_told(filled: Store) -> None:
    tamper(
        filled,
        SLIP_IN,
    )
    verdict = verify(filled)
    assert (verdict.ok, verdict.events, verdict.first_bad_position) == (False, EVENTS, EVENTS + 1)
    assert "no position" in (verdict.reason or "")


CUT_OFF: tuple[str, ...] = (
    "create temporary table gone as select event_no from log where position > 30",
    "delete from log where event_no in (select * from gone)",
    "delete from event where event_no in (select * from gone)",
)


@pytest.mark.fault("F22")
def test_a_tail_cut_off_without_a_trace_shows_against_an_exported_head(filled: Store) -> None:
    with filled.pool.transaction() as cursor:
        head = audit.current_head(cursor)
    assert head is not None
    assert verify(filled, head) == Verdict(True, EVENTS)
    tamper(filled, *CUT_OFF)
    assert verify(filled).ok, "nothing inside tells"
    verdict = verify(filled, head)
    assert (verdict.ok, verdict.first_bad_position) == (False, 31)
    assert "cut off" in (verdict.reason or "")


@pytest.mark.fault("F22")
def test_a_history_made_anew_shows_against_an_exported_head(filled: Store) -> None:
    """A superuser with our code rewrites the last hash as well: only what was kept outside tells."""
    with filled.pool.transaction() as cursor:
        head = audit.current_head(cursor)
    connection = psycopg2.connect(filled.admin_dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        _move_the_last_in_time(cursor)
    connection.close()
    assert verify(filled).ok, "the chain was made anew"
    assert verify(filled, head).first_bad_position == EVENTS


def _move_the_last_in_time(cursor: Any) -> None:
    cursor.execute("select hash from log where position = %s", (EVENTS - 1,))
    before = bytes(cursor.fetchone()[0])
    cursor.execute(
        "update log set sequenced_at = sequenced_at + interval '1 minute' where position = %s "
        "returning epoch, partition, prev, sequenced_at, event_no",
        (EVENTS,),
    )
    epoch, partition, prev, sequenced_at, event_no = cursor.fetchone()
    cursor.execute("select event_id, digest from event where event_no = %s", (event_no,))
    event_id, digest = cursor.fetchone()
    made = chain_hash(before, epoch, EVENTS, partition, prev, microseconds(sequenced_at), event_id.bytes, bytes(digest))
    cursor.execute("update log set hash = %s where position = %s", (made, EVENTS))


def test_an_empty_log_is_right(store: Store) -> None:
    assert verify(store) == Verdict(True, 0)


def test_verify_sees_one_moment_while_writing_goes_on(store: Store) -> None:
    store.fill(5)
    connection = psycopg2.connect(store.dsn)
    real_copy = connection.cursor

    class Cursor:
        """Appends and sequences more between verify's first look and its reading of the log."""

        def __init__(self) -> None:
            self._cursor = real_copy()

        def copy_expert(self, *arguments: Any) -> None:
            store.fill(5)
            self._cursor.copy_expert(*arguments)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._cursor, name)

    class Connection:
        cursor = staticmethod(Cursor)

        def __getattr__(self, name: str) -> Any:
            return getattr(connection, name)

    assert audit.verify(Connection()) == Verdict(True, 5)
    connection.close()


def test_verifying_keeps_its_pace(store: Store) -> None:
    """The bound is 50,000 events a second; a third of it is asked here, whatever else this machine is doing."""
    for _ in range(5):
        store.append(
            Decision(tuple(Change(uuid4(), "counter", 0, tuple(Counted(by=n) for n in range(50))) for _ in range(20)))
        )
    assert store.sequence() == 5_000
    best = max(_rate(lambda: verify(store)) for _ in range(3))
    assert best > 50_000 / 3, f"{best:.0f} events/s of CPU time"


def _rate(run: Callable[[], Verdict]) -> float:
    begin = time.process_time()
    verdict = run()
    assert verdict.ok
    return verdict.events / (time.process_time() - begin)
