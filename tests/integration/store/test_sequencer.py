"""The sequencer: gapless, chained, in version order, whoever else runs; and why the simpler ways lose events."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from chassis.kafka.partition import partition_of
from chassis.postgres.pool import Pool, Unavailable
from chassis.store import audit
from chassis.store.epochs import head, raise_epoch
from chassis.store.sequencer import LogWentBack, Sequencer
from tests.integration.store.counting import Store, append_with, counted


def log_of(store: Store) -> list[tuple[UUID, int]]:
    return [
        (row[0], row[1])
        for row in store.rows("select stream_id, version from log join event using (event_no) order by position")
    ]


@contextmanager
def open_append(store: Store, stream: UUID, version: int) -> Any:
    """An append that has written and not committed; it commits at the end of the block."""
    with store.pool.transaction() as cursor:
        append_with(cursor, counted(stream, version))
        yield cursor


def test_positions_partitions_and_prev(store: Store) -> None:
    store.fill(60, streams=20)
    rows = store.rows(
        "select position, partition, prev, stream_id, epoch from log join event using (event_no) order by position"
    )
    assert [row[0] for row in rows] == list(range(1, 61))
    last: dict[int, int] = {}
    for position, partition, prev, stream, epoch in rows:
        assert (partition, prev, epoch) == (partition_of(stream), last.get(partition, 0), 1)
        last[partition] = position
    assert audit.verify_database(store.dsn).events == 60
    assert store.rows("select count(*) from unsequenced") == [(0,)]


def test_an_event_is_sequenced_when_its_position_is_given(store: Store) -> None:
    clock = "select clock_timestamp()"
    with open_append(store, uuid4(), 0):
        pass
    ((before,),) = store.rows(clock)
    store.sequence()
    ((after,),) = store.rows(clock)
    ((recorded_at, sequenced_at),) = store.rows("select recorded_at, sequenced_at from log join event using (event_no)")
    assert recorded_at < before < sequenced_at < after


@pytest.mark.fault("F21")
def test_a_log_that_goes_back_under_a_running_sequencer_gets_no_position_a_second_time(store: Store) -> None:
    """A standby that lacks the last events took over, and nobody has noticed yet."""
    sequencer = Sequencer(store.pool, "counter")
    for _ in range(5):
        with open_append(store, uuid4(), 0):
            pass
        sequencer.run_once()
    with closing(psycopg2.connect(store.admin_dsn)) as admin, admin, admin.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")  # whoever may do that has the disk
        cursor.execute("delete from log where position > 3")
    with open_append(store, uuid4(), 0):
        pass
    with pytest.raises(LogWentBack, match="ends at position 3 and had 5"):
        sequencer.run_once()
    assert store.rows("select max(position) from log") == [(3,)]
    assert store.rows("select count(*) from unsequenced") == [(1,)], "it waits"


def test_a_reader_that_tails_the_identity_loses_an_event_and_the_log_does_not(store: Store) -> None:
    slow, fast = uuid4(), uuid4()
    seen: list[UUID] = []
    last_no = 0

    def tail() -> None:
        nonlocal last_no
        for event_no, stream in store.rows(
            "select event_no, stream_id from event where event_no > %s order by event_no", (last_no,)
        ):
            last_no = event_no
            seen.append(stream)

    with open_append(store, slow, 0):  # takes the lower number, commits later
        store.count(fast, 0)
        tail()
        store.sequence()
    tail()
    store.sequence()

    assert seen == [fast], "the simple way was expected to lose the slow one"
    assert log_of(store) == [(fast, 1), (slow, 1)]


def test_a_reader_that_filters_by_xmin_hands_over_version_2_first_and_the_log_does_not(store: Store) -> None:
    """A transaction that got its id early and its event late: its id sorts before the one it waited for."""
    stream, other = uuid4(), uuid4()
    by_xmin = (
        "select version from event where xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint "
        "and stream_id = %s order by xmin::text::bigint, event_no"
    )
    with store.pool.transaction() as early:
        append_with(early, counted(other, 0))  # has its transaction id now
        store.count(stream, 0)  # a later id writes version 1 …
        append_with(early, counted(stream, 1))  # … and the earlier id version 2
    store.sequence()

    assert [row[0] for row in store.rows(by_xmin, (stream,))] == [2, 1], "the simple way was expected to swap them"
    assert [version for of, version in log_of(store) if of == stream] == [1, 2]


def test_a_remembered_lower_bound_would_reorder_a_stream_and_the_sequencer_remembers_none(store: Store) -> None:
    """While one append stays open another stream goes on; what was left open is met later, in version order."""
    slow, fast = uuid4(), uuid4()
    bound = 0
    remembered: list[tuple[UUID, int]] = []

    def read_above_the_bound() -> None:
        nonlocal bound
        for event_no, stream, version in store.rows(
            "select event_no, stream_id, version from event where event_no > %s order by event_no", (bound,)
        ):
            remembered.append((stream, version))
            bound = event_no

    with open_append(store, slow, 0):
        store.count(fast, 0)
        read_above_the_bound()
        store.sequence()
        store.count(fast, 1)
    store.count(slow, 1)
    read_above_the_bound()
    store.sequence()

    assert [version for of, version in remembered if of == slow] == [2], "version 1 lies below the bound"
    assert [version for of, version in log_of(store) if of == slow] == [1, 2]
    assert [version for of, version in log_of(store) if of == fast] == [1, 2]


@pytest.mark.fault("F4")
def test_two_sequencers_and_killed_connections_give_no_position_twice(store: Store) -> None:
    """Writers go on while two sequencers race and one of their connections is cut now and then."""
    streams, stop = [uuid4() for _ in range(6)], threading.Event()
    pools = [Pool(store.dsn, 2, application_name=f"sequencer {number}") for number in range(2)]

    def sequence(pool: Pool) -> None:
        sequencer = Sequencer(pool, "counter")
        while not stop.is_set() or sequencer_has_work():
            try:
                sequencer.run_once()
            except (psycopg2.Error, Unavailable):
                continue  # the same one goes on: it must not trust what it remembered

    def sequencer_has_work() -> bool:
        return bool(store.rows("select exists (select from unsequenced)")[0][0])

    def write(stream: UUID) -> int:
        for version in range(80):
            store.count(stream, version)
        return 80

    def cut() -> int:
        killed = store.rows(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where application_name like 'sequencer %%' and datname = current_database()"
        )
        return int(killed[0][0])

    with ThreadPoolExecutor(9) as threads:
        sequencers = [threads.submit(sequence, pool) for pool in pools]
        writers = [threads.submit(write, stream) for stream in streams]
        kills = 0
        while not all(writer.done() for writer in writers):
            kills += cut()
        wrote = sum(writer.result() for writer in writers)
        stop.set()
        for running in sequencers:
            running.result(30)
    for pool in pools:
        pool.close()

    assert kills > 0
    assert wrote == 480
    verdict = audit.verify_database(store.dsn)
    assert (verdict.ok, verdict.events, verdict.reason) == (True, 480, None)
    for stream in streams:
        assert [version for of, version in log_of(store) if of == stream] == list(range(1, 81))


def test_a_second_sequencer_does_not_trust_what_it_knew(store: Store) -> None:
    one, two = Sequencer(store.pool, "counter"), Sequencer(store.pool, "counter")
    for version, sequencer in zip(range(12), itertools.cycle([one, two]), strict=False):
        store.count(STREAM, version)
        assert sequencer.run_once() == 1
    assert audit.verify_database(store.dsn).events == 12


STREAM = UUID("018f0000-0000-7000-8000-000000000001")


def test_sequenced_at_never_goes_back_even_if_the_clock_does(store: Store) -> None:
    store.count(uuid4(), 0)
    store.sequence()
    with psycopg2.connect(store.admin_dsn) as connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update log set sequenced_at = clock_timestamp() + interval '1 hour'")
    connection.close()
    store.count(uuid4(), 0)
    store.sequence()
    [(first,), (second,)] = store.rows("select sequenced_at from log order by position")
    assert second == first


def test_an_open_foreign_transaction_holds_nothing_up(store: Store) -> None:
    with store.pool.transaction() as foreign:
        foreign.execute("select txid_current()")
        store.count(uuid4(), 0)
        assert store.sequence() == 1


def test_raising_the_epoch_keeps_positions_and_says_why(store: Store) -> None:
    store.fill(3)
    raised = raise_epoch(store.pool, "restored from the backup of 1 October")
    assert (raised.no, raised.from_position) == (2, 4)
    store.fill(2)
    assert store.rows("select epoch, position from log order by position") == [(1, 1), (1, 2), (1, 3), (2, 4), (2, 5)]
    with store.pool.transaction() as cursor:
        assert head(cursor) == (2, 5)
    assert audit.verify_database(store.dsn).ok
    with pytest.raises(ValueError, match="reason"):
        raise_epoch(store.pool, "  ")


def test_more_than_a_batch_is_sequenced_batch_by_batch(store: Store) -> None:
    with store.pool.transaction() as cursor:
        for _ in range(1100):
            append_with(cursor, counted(uuid4(), 0))
    sequencer = Sequencer(store.pool, "counter")
    assert [sequencer.run_once(), sequencer.run_once(), sequencer.run_once()] == [1000, 100, 0]
    assert audit.verify_database(store.dsn).ok
