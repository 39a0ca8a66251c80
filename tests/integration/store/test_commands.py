"""Commands: already done? → load → decide → append, each at most once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from chassis.identity.principal import service
from chassis.postgres.cursor import PooledCursor
from chassis.postgres.pool import Contended, TimedOut
from chassis.store.append import Change, Decision, OutboxMessage
from chassis.store.commands import Batches, Commands, Context
from contracts.envelope import Command, Metadata
from contracts.refusals import CommandIdReused, StaleVersion
from tests.integration.store.counting import (
    COUNTER,
    OFFICER,
    Count,
    Counted,
    LimitReached,
    Store,
    count,
    counting,
)


def execute(store: Store, command: Command, key: object = None, commands: Commands | None = None, **more: Any) -> Any:
    return (commands or counting()).execute(store.pool, command, principal=OFFICER, key=str(key or uuid4()), **more)


def test_a_repetition_gets_the_same_answer(store: Store) -> None:
    command = Count(counter_id=uuid4(), by=5)
    first, again = execute(store, command, "k"), execute(store, command, "k")
    assert first.response == again.response == {"total": 5}
    assert first.after == again.after == f"{command.counter_id}@1"
    assert (first.replayed, again.replayed) == (False, True)


def test_the_same_key_for_another_request_is_refused(store: Store) -> None:
    execute(store, Count(counter_id=uuid4(), by=5), "k")
    with pytest.raises(CommandIdReused):
        execute(store, Count(counter_id=uuid4(), by=5), "k")


def requires_first(command: Count, context: Context) -> Decision:
    return count(command, context)


def loads_first(command: Count, context: Context) -> Decision:
    counter = context.load(COUNTER, command.counter_id)
    return Decision((Change(command.counter_id, "counter", counter.version, (Counted(by=command.by),)),))


def asks_nothing(command: Count, context: Context) -> Decision:
    return Decision((Change(command.counter_id, "counter", 0, (Counted(by=command.by),)),))


def queries_first(command: Count, context: Context) -> Decision:
    context.claimed_by("number", "1")
    return loads_first(command, context)


@pytest.mark.parametrize(
    ("handler", "questions"), [(requires_first, 3), (loads_first, 2), (asks_nothing, 2), (queries_first, 3)]
)
def test_whatever_a_handler_asks_first_a_repetition_is_noticed(
    store: Store, monkeypatch: pytest.MonkeyPatch, handler: Any, questions: int
) -> None:
    asked: list[str] = []
    store.rows("select")  # opens the connection

    def execute_and_tell(cursor: Any, sql: str, parameters: Any = None) -> None:
        asked.append(sql)
        psycopg2.extensions.cursor.execute(cursor, sql, parameters)

    monkeypatch.setattr(PooledCursor, "execute", execute_and_tell, raising=False)
    command, commands = Count(counter_id=uuid4(), by=5), counting({Count: handler})
    first = execute(store, command, "k", commands)
    assert len(asked) == questions, "round trips of a command"
    again = execute(store, command, "k", commands)
    assert (first.replayed, again.replayed, again.after) == (False, True, first.after)
    with pytest.raises(CommandIdReused):
        execute(store, Count(counter_id=command.counter_id, by=6), "k", commands)
    assert store.rows("select count(*) from event") == [(1,)]


def test_another_principal_may_use_the_same_key(store: Store) -> None:
    command = Count(counter_id=uuid4(), by=5)
    execute(store, command, "k")
    answer = counting().execute(store.pool, command, principal=service("registry"), key="k")
    assert (answer.response, answer.replayed) == ({"total": 10}, False)


def test_an_accepted_command_is_not_refused_later_for_what_happened_since(store: Store) -> None:
    counter = uuid4()
    accepted = Count(counter_id=counter, by=60)
    execute(store, accepted, "k")
    with pytest.raises(LimitReached):
        execute(store, accepted)
    assert execute(store, accepted, "k").response == {"total": 60}


def test_a_refused_command_is_not_remembered(store: Store) -> None:
    counter = uuid4()
    with pytest.raises(LimitReached):
        execute(store, Count(counter_id=counter, by=101), "k")
    assert store.rows("select count(*) from command") == [(0,)]
    assert execute(store, Count(counter_id=counter, by=100), "k").response == {"total": 100}


def test_every_event_says_who_by_which_power_and_why(store: Store) -> None:
    correlation, causation, trace = uuid4(), uuid4(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    execute(
        store,
        Count(counter_id=uuid4(), by=1),
        correlation_id=correlation,
        causation_id=causation,
        traceparent=trace,
    )
    [(meta,)] = store.rows("select metadata::text from event")
    assert Metadata.model_validate_json(meta) == Metadata(
        actor=OFFICER.name,
        agency="dic",
        clause="HD-2.1d3",
        correlation_id=correlation,
        causation_id=causation,
        traceparent=trace,
    )


def test_the_day_is_the_legal_one(store: Store) -> None:
    seen: list[Context] = []

    def look(_: Count, context: Context) -> Decision:
        seen.append(context)
        return Decision()

    execute(store, Count(counter_id=uuid4(), by=1), commands=counting({Count: look}))
    [context] = seen
    assert abs((context.now - datetime.now(UTC)).total_seconds()) < 60
    assert context.new_id("a") == context.new_id("a") != context.new_id("b")
    assert (context.today - context.now.date()).days in (0, 1)


def test_a_stale_version_named_by_the_caller_is_refused_with_the_current_one(store: Store) -> None:
    counter = uuid4()
    execute(store, Count(counter_id=counter, by=1), expected_version=0)
    with pytest.raises(StaleVersion) as refusal:
        execute(store, Count(counter_id=counter, by=1), expected_version=0)
    assert refusal.value.members["current_version"] == 1


def test_who_named_an_old_version_hears_that_first(store: Store) -> None:
    counter = uuid4()
    execute(store, Count(counter_id=counter, by=100))
    with pytest.raises(StaleVersion):
        execute(store, Count(counter_id=counter, by=1), expected_version=0)
    with pytest.raises(LimitReached):
        execute(store, Count(counter_id=counter, by=1), expected_version=1)


def test_racing_commands_all_get_through_when_none_named_a_version(store: Store) -> None:
    counter, start = uuid4(), Barrier(3)

    def one(_: int) -> None:
        start.wait()
        execute(store, Count(counter_id=counter, by=1))

    with ThreadPoolExecutor(3) as clients:
        list(clients.map(one, range(3)))
    assert store.rows("select version from stream") == [(3,)]


@pytest.mark.fault("F59")
def test_twins_sent_at_once_take_effect_once(store: Store) -> None:
    command, start = Count(counter_id=uuid4(), by=60), Barrier(6)

    def send(_: int) -> tuple[int, bool]:
        start.wait()
        answer = execute(store, command, "double-click")
        return answer.response["total"], answer.replayed

    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(send, range(6)))
    assert {total for total, _ in answers} == {60}
    assert [replayed for _, replayed in answers].count(False) == 1
    assert store.rows("select count(*) from event") == [(1,)]


@pytest.mark.fault("F58")
def test_of_two_officers_one_wins_and_the_other_learns_the_version(store: Store) -> None:
    for _ in range(25):
        counter, start = uuid4(), Barrier(2)

        def decide(by: int, counter: UUID = counter, start: Barrier = start) -> int:
            start.wait()
            try:
                execute(store, Count(counter_id=counter, by=by), expected_version=0)
            except StaleVersion as stale:
                return int(stale.members["current_version"])
            return 0

        with ThreadPoolExecutor(2) as officers:
            assert sorted(officers.map(decide, (1, 2))) == [0, 1]


def test_within_a_transaction_a_refusal_leaves_the_rest_standing(store: Store) -> None:
    commands, counter = counting(), uuid4()
    reply = OutboxMessage("inspection.replies.ppd.v1", b"k", [("ce_id", "Đ")], b"{}")
    with store.pool.transaction() as cursor:
        first = commands.execute_in(
            cursor, Count(counter_id=counter, by=90), principal=OFFICER, key="a", outbox=[reply]
        )
        with pytest.raises(LimitReached):
            commands.execute_in(cursor, Count(counter_id=counter, by=90), principal=OFFICER, key="b")
        with pytest.raises(CommandIdReused):
            commands.execute_in(cursor, Count(counter_id=counter, by=1), principal=OFFICER, key="a")
        again = commands.execute_in(cursor, Count(counter_id=counter, by=90), principal=OFFICER, key="a")
    assert (first.response, again.response) == ({"total": 90}, {"total": 90})
    assert store.rows("select topic, key, headers, value from outbox") == [
        ("inspection.replies.ppd.v1", b"k", [["ce_id", "Đ"]], b"{}")
    ]


class CountMany(Command, type="counter.count-many", version=1):
    """One event on each counter, ten counters a batch."""

    counters: tuple[UUID, ...]
    fail_at: int | None = None


class PowerCut(Exception): ...


def count_many(failing: bool) -> Any:
    def handler(command: CountMany, context: Context) -> Batches:
        done = 0

        def batches() -> Iterator[Decision]:
            nonlocal done
            for begin in range(0, len(command.counters), 10):
                if failing and begin == command.fail_at:
                    raise PowerCut
                part = command.counters[begin : begin + 10]
                found = context.load_many(COUNTER, part)
                done += len(part)
                yield Decision(
                    tuple(Change(one, "counter", found[one].version, (Counted(by=1),)) for one in part),
                )

        return Batches(batches(), lambda: Decision(response={"counted": done}))

    return handler


def test_a_long_command_goes_on_where_it_stopped(store: Store) -> None:
    command = CountMany(counters=tuple(uuid4() for _ in range(35)), fail_at=20)
    with pytest.raises(PowerCut):
        execute(store, command, "list", counting({CountMany: count_many(failing=True)}))
    assert store.rows("select count(*) from event") == [(20,)]

    whole = counting({CountMany: count_many(failing=False)})
    assert execute(store, command, "list", whole).response == {"counted": 35}
    assert store.rows("select count(*), max(version) from event") == [(35, 1)]

    again = execute(store, command, "list", whole)
    assert (again.response, again.replayed) == ({"counted": 35}, True)
    assert store.rows("select count(*) from event") == [(35,)]


@pytest.mark.fault("F16")
def test_a_lock_that_is_not_freed_ends_in_a_clean_try_again(store: Store) -> None:
    counter = uuid4()
    execute(store, Count(counter_id=counter, by=1))
    impatient = type(store.pool)(store.dsn, 2, lock_timeout_s=0.05)
    with store.pool.transaction() as holder:
        holder.execute("select from stream where stream_id = %s for update", (counter,))
        with pytest.raises(Contended):
            counting().execute(impatient, Count(counter_id=counter, by=1), principal=OFFICER, key="k")
    answer = counting().execute(impatient, Count(counter_id=counter, by=1), principal=OFFICER, key="k")
    assert answer.response == {"total": 2}
    impatient.close()


@pytest.mark.fault("F16")
def test_a_statement_that_takes_too_long_ends_in_a_clean_try_again(store: Store) -> None:
    def dawdle(command: Count, context: Context) -> Decision:
        context.query("select pg_sleep(5)")
        return count(command, context)

    impatient = type(store.pool)(store.dsn, 2, statement_timeout_s=0.05)
    with pytest.raises(TimedOut):
        counting({Count: dawdle}).execute(impatient, Count(counter_id=uuid4(), by=1), principal=OFFICER, key="k")
    impatient.close()


@pytest.mark.fault("F15")
def test_a_commit_whose_answer_was_lost_is_found_by_the_next_try(store: Store) -> None:
    command = Count(counter_id=uuid4(), by=7)
    lost: list[int] = []

    class Flaky(type(store.pool)):  # type: ignore[misc]
        """Loses the answer of the first commit."""

        def statements(self) -> Any:
            return _losing_the_first_answer(super().statements(), lost)

    answer = counting().execute(Flaky(store.dsn, 2), command, principal=OFFICER, key="k")
    assert (answer.response, answer.replayed, lost) == ({"total": 7}, True, [1])
    assert store.rows("select count(*) from event") == [(1,)]


class _losing_the_first_answer:  # noqa: N801 - a context manager, used like a function
    def __init__(self, inner: Any, lost: list[int]) -> None:
        self._inner, self._lost = inner, lost

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, *failure: Any) -> Any:
        result = self._inner.__exit__(*failure)
        if not self._lost:
            self._lost.append(1)
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        return result
