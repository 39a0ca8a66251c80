"""append(): what it stores, what it answers, what it refuses."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from chassis.store.append import LARGEST_EVENT, ClaimNotHeld, EventTooLarge, StreamTooLong
from chassis.store.decision import Change, Claim, Decision, Timer
from chassis.store.digest import event_digest
from chassis.store.load import load, load_many
from contracts.refusals import ClaimTaken, CommandIdReused, StaleVersion
from tests.integration.store.counting import COUNTER, NOW, Counted, Store, append_with, counted


def test_an_event_is_stored_to_the_byte(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    happened = NOW - timedelta(days=3)
    change = Change(stream, "counter", 0, (Counted(by=3, note="Ngõ 5, Đường Trần Hưng Đạo"),), occurred_at=happened)

    answer = store.append(Decision((change,), response={"total": 3}, clause="HD-2.1d3"), command)

    [(event_id, version, kind, schema, data, meta, occurred, recorded, digest)] = store.rows(
        "select event_id, version, type, schema_version, data::text, metadata::text, occurred_at, recorded_at, digest "
        "from event"
    )
    assert answer.after == f"{stream}@1"
    assert (event_id, version, kind, schema) == (uuid5(command, "event/0"), 1, "counter.counted", 1)
    assert data == '{"by":3,"note":"Ngõ 5, Đường Trần Hưng Đạo"}'
    assert json.loads(meta)["clause"] == "HD-2.1d3"
    assert (occurred, recorded) == (happened, NOW)
    assert digest == event_digest(event_id, stream, 1, kind, 1, data.encode(), meta.encode(), occurred, recorded)
    assert store.rows("select category, scope, version from stream") == [("counter", "hai-duong", 1)]


def test_the_same_command_gets_the_stored_answer_and_changes_nothing(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    first = store.append(counted(stream, 0, by=4), command)
    again = store.append(counted(stream, 0, by=99), command)  # whatever was decided this time

    assert (again.response, again.after, again.replayed) == (first.response, first.after, True)
    assert store.rows("select count(*) from event") == [(1,)]


def test_a_command_id_with_another_request_is_refused(store: Store) -> None:
    command = uuid4()
    store.append(counted(uuid4(), 0), command, digest=b"a" * 32)
    with pytest.raises(CommandIdReused):
        store.append(counted(uuid4(), 0), command, digest=b"b" * 32)
    assert store.rows("select count(*) from event") == [(1,)]


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_another_version_than_expected_is_refused_and_the_command_is_not_remembered(
    store: Store, expected: int
) -> None:
    stream = uuid4()
    store.count(stream, 0)
    store.count(stream, 1)
    with pytest.raises(StaleVersion) as refusal:
        store.count(stream, expected)
    assert refusal.value.members["current_version"] == 2
    assert store.rows("select (select count(*) from command), (select count(*) from event)") == [(2, 2)]


def test_an_unknown_stream_is_at_version_zero(store: Store) -> None:
    with pytest.raises(StaleVersion) as refusal:
        store.count(uuid4(), 5)
    assert refusal.value.members["current_version"] == 0


def test_one_change_that_is_stale_takes_all_the_others_back(store: Store) -> None:
    fresh, stale = uuid4(), uuid4()
    store.count(stale, 0)
    both = tuple(Change(stream, "counter", 0, (Counted(by=1),)) for stream in (fresh, stale))
    with pytest.raises(StaleVersion):
        store.append(Decision(both))
    assert store.rows("select stream_id from stream") == [(stale,)]


def test_a_claim_belongs_to_one_stream_until_it_is_released(store: Store) -> None:
    mine, other = uuid4(), uuid4()
    number = Claim("line-number", "02203123456", mine)
    store.append(counted(mine, 0, claims=[number]))
    store.append(Decision((), claims=(number,)))  # ours already: nothing to refuse

    with pytest.raises(ClaimTaken) as refusal:
        store.append(counted(other, 0, claims=[Claim("line-number", "02203123456", other)]))
    assert refusal.value.members == {"kind": "line-number", "value": "02203123456"}
    assert store.rows("select count(*) from stream where stream_id = %s", (other,)) == [(0,)]

    moved = Claim("line-number", "02203123456", other)
    store.append(Decision((Change(other, "counter", 0, (Counted(by=1),)),), releases=(number,), claims=(moved,)))
    assert store.rows("select stream_id from claim") == [(other,)]


def test_releasing_what_one_does_not_hold_is_a_fault_of_the_handler(store: Store) -> None:
    with pytest.raises(ClaimNotHeld):
        store.append(Decision(releases=(Claim("line-number", "1", uuid4()),)))


def test_timers_and_replies_are_part_of_the_transaction(store: Store) -> None:
    stream = uuid4()
    timer = Timer(stream, "report-back", 1, NOW + timedelta(days=3), {"order": "x"})
    store.append(Decision((Change(stream, "counter", 0, (Counted(by=1),)),), timers=(timer,)))
    assert store.rows("select id, kind, round, due_at, payload from timer") == [
        (timer.id, "report-back", 1, timer.due_at, {"order": "x"})
    ]
    store.append(Decision(cancelled_timers=(timer.id,)))
    assert store.rows("select id from timer") == []


def test_too_long_a_stream_and_too_large_an_event_are_refused(store: Store) -> None:
    long, large = uuid4(), uuid4()
    store.append(Decision((Change(long, "counter", 0, tuple(Counted(by=n) for n in range(1000))),)))
    with pytest.raises(StreamTooLong):
        store.count(long, 1000)
    with pytest.raises(EventTooLarge):
        store.append(Decision((Change(large, "counter", 0, (Counted(by=1, note="Đ" * (LARGEST_EVENT // 2)),)),)))
    with store.pool.transaction() as cursor:
        assert load(cursor, COUNTER, long).version == 1000


@pytest.mark.parametrize("poison", ["\0", "\ud800", "a\udfff"])
def test_what_postgresql_cannot_keep_is_refused_before_it_is_asked(store: Store, poison: str) -> None:
    with pytest.raises(ValueError, match=r"U\+0000|surrogate|cannot be stored|utf-8"):
        store.append(Decision((Change(uuid4(), "counter", 0, (Counted.model_construct(by=1, note=poison),)),)))
    assert store.rows("select count(*) from command") == [(0,)]


def test_after_names_the_last_change_of_each_partition(store: Store) -> None:
    changes = tuple(Change(uuid4(), "counter", 0, (Counted(by=1),)) for _ in range(200))
    after = store.append(Decision(changes)).after
    assert after is not None
    assert len(after.split(",")) == 12
    store.sequence()
    named = {UUID(entry.split("@")[0]) for entry in after.split(",")}
    last = {
        row[0]
        for row in store.rows(
            "select distinct on (partition) stream_id from log join event using (event_no) "
            "order by partition, position desc"
        )
    }
    assert named == last


def test_states_are_loaded_in_one_go_and_another_category_is_absent(store: Store) -> None:
    one, two, absent, other = uuid4(), uuid4(), uuid4(), uuid4()
    store.count(one, 0, by=5)
    store.count(one, 1, by=6)
    store.count(two, 0, by=7)
    store.append(Decision((Change(other, "something-else", 0, (Counted(by=1),)),)))
    with store.pool.transaction() as cursor:
        found = load_many(cursor, COUNTER, [one, two, absent, other])
    assert {key: (loaded.state, loaded.version) for key, loaded in found.items()} == {
        one: (11, 2),
        two: (7, 1),
        absent: (0, 0),
        other: (0, 0),
    }


def test_eight_writers_leave_versions_and_positions_without_gaps(store: Store) -> None:
    streams = [uuid4() for _ in range(5)]

    def write(_: int) -> int:
        won = 0
        for number in range(40):
            stream = streams[number % len(streams)]
            with store.pool.transaction() as cursor:
                version = load(cursor, COUNTER, stream).version
            try:
                store.count(stream, version)
                won += 1
            except StaleVersion:
                continue
        return won

    with ThreadPoolExecutor(8) as writers:
        won = sum(writers.map(write, range(8)))

    assert store.sequence() == won
    assert [row[0] for row in store.rows("select position from log order by position")] == list(range(1, won + 1))
    for stream in streams:
        versions = store.rows(
            "select version from log join event using (event_no) where stream_id = %s order by position", (stream,)
        )
        assert [row[0] for row in versions] == list(range(1, len(versions) + 1))


def test_claims_in_opposite_order_do_not_deadlock(store: Store) -> None:
    values = [f"{n:03}" for n in range(30)]
    start = threading.Barrier(8)

    def claim(number: int) -> bool:
        stream = uuid4()
        wanted = [Claim("number", value, stream) for value in (values if number % 2 else reversed(values))]
        start.wait()
        try:
            store.append(counted(stream, 0, claims=wanted))
        except ClaimTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as writers:
        assert sum(writers.map(claim, range(8))) == 1
    assert store.rows("select count(distinct stream_id), count(*) from claim") == [(1, 30)]


def test_two_appends_over_the_same_streams_in_opposite_order_do_not_deadlock(store: Store) -> None:
    streams = [uuid4() for _ in range(20)]
    start = threading.Barrier(6)

    def change(number: int) -> bool:
        order = streams if number % 2 else streams[::-1]
        start.wait()
        try:
            store.append(Decision(tuple(Change(stream, "counter", 0, (Counted(by=1),)) for stream in order)))
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(6) as writers:
        assert sum(writers.map(change, range(6))) == 1


def test_a_twin_in_flight_is_waited_for_and_answers_the_same(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    with ThreadPoolExecutor(1) as other, store.pool.transaction() as cursor:
        first = append_with(cursor, counted(stream, 0, by=8), command)
        twin = other.submit(store.append, counted(stream, 0, by=8), command)
        cursor.connection.commit()
        assert (twin.result(10).response, twin.result().replayed) == (first.response, True)
