"""Timers fire when the wall says so, once, whoever else is at work; one that fails is kept, not lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.store.append import Decision, Timer
from chassis.store.commands import Commands
from chassis.timers.clocks import Clocks, LegalCalendar, SteeredWall
from chassis.timers.due import TimerDue, timer_id
from chassis.timers.worker import TimerHandler, Timers
from contracts.envelope import Command
from tests.conformance.counter.domain import Count
from tests.integration.consume.rig import OPERATOR, Rig

DUE = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)


class SetTimer(Command, type="counter.set-timer", version=1):
    counter_id: UUID
    kind: str
    round: int
    cancel: bool = False


def set_timer(command: SetTimer, _: Any) -> Decision:
    if command.cancel:
        return Decision(cancelled_timers=(timer_id(command.counter_id, command.kind, command.round),))
    return Decision(timers=(Timer(command.counter_id, command.kind, command.round, DUE, {"by": 5}),))


def count_on(due: TimerDue, context: Any) -> Count | None:
    assert context.now >= due.due_at
    return Count(counter_id=due.stream_id, by=due.payload["by"]) if due.kind == "count" else None


def fail(due: TimerDue, _: Any) -> Count:
    raise RuntimeError(f"round {due.round} cannot be counted")


HANDLERS: Mapping[str, TimerHandler] = {"count": count_on, "nothing": count_on, "bad": fail}


@pytest.fixture
def wall() -> SteeredWall:
    return SteeredWall(DUE - timedelta(seconds=1))


@pytest.fixture
def setting(rig: Rig) -> Commands:
    return Commands({SetTimer: set_timer}, lambda **_: None, Clocks(SteeredWall(), LegalCalendar()), "x", "counter")


def put(rig: Rig, setting: Commands, kind: str, round: int = 1, counter: UUID | None = None, **more: bool) -> UUID:
    counter = counter or uuid4()
    command = SetTimer(counter_id=counter, kind=kind, round=round, **more)
    setting.execute(rig.pool, command, principal=OPERATOR, key=uuid4())
    return counter


def worker(rig: Rig, wall: SteeredWall, handlers: Mapping[str, TimerHandler] = HANDLERS) -> Timers:
    return Timers(rig.pool, rig.commands, handlers, (), Clocks(wall, LegalCalendar()))


def stored(rig: Rig, counter: UUID) -> list[int]:
    return [by for (by,) in rig.rows("select (data->>'by')::int from event where stream_id = %s", counter)]


def test_a_timer_sets_off_its_command_when_it_is_due(rig: Rig, setting: Commands, wall: SteeredWall):
    counter = put(rig, setting, "count")
    timers = worker(rig, wall)
    assert timers.run_once() == 0
    wall.advance(timedelta(seconds=1))
    assert timers.run_once() == 1
    assert stored(rig, counter) == [5]


def test_a_timer_set_again_under_the_same_round_is_the_same(rig: Rig, setting: Commands, wall: SteeredWall):
    counter = put(rig, setting, "count")
    put(rig, setting, "count", counter=counter)
    put(rig, setting, "count", round=2, counter=counter)
    wall.advance(timedelta(days=1))
    assert worker(rig, wall).run_once() == 2
    put(rig, setting, "count", counter=counter)
    assert worker(rig, wall).run_once() == 0
    assert stored(rig, counter) == [5, 5]


def test_a_cancelled_timer_never_fires(rig: Rig, setting: Commands, wall: SteeredWall):
    counter = put(rig, setting, "count")
    put(rig, setting, "count", counter=counter, cancel=True)
    wall.advance(timedelta(days=1))
    assert worker(rig, wall).run_once() == 0
    assert stored(rig, counter) == []


def test_a_timer_that_asks_for_nothing_is_done(rig: Rig, setting: Commands, wall: SteeredWall):
    put(rig, setting, "nothing")
    wall.advance(timedelta(days=1))
    assert [worker(rig, wall).run_once() for _ in range(2)] == [1, 0]


def test_two_workers_fire_each_timer_once(rig: Rig, setting: Commands, wall: SteeredWall):
    counters = [put(rig, setting, "count") for _ in range(30)]
    wall.advance(timedelta(days=1))
    start, fired = Barrier(3), list[int]()

    def work() -> None:
        start.wait()
        fired.append(worker(rig, wall).run_once())

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired) == 30
    assert [stored(rig, counter) for counter in counters] == [[5]] * 30


def test_a_timer_that_fails_says_why_and_is_tried_again_later(rig: Rig, setting: Commands, wall: SteeredWall):
    counter, other = put(rig, setting, "bad"), put(rig, setting, "count")
    wall.advance(timedelta(days=1))
    timers = worker(rig, wall)
    assert [timers.run_once() for _ in range(2)] == [2, 0]
    assert stored(rig, other) == [5]
    assert rig.rows("select attempts, error from timer where fired_at is null") == [
        (1, "RuntimeError: round 1 cannot be counted")
    ]
    wall.advance(timedelta(seconds=5))
    assert [timers.run_once() for _ in range(2)] == [1, 0]
    wall.advance(timedelta(seconds=5))
    assert timers.run_once() == 0
    wall.advance(timedelta(seconds=5))
    assert worker(rig, wall, {"bad": lambda due, _: Count(counter_id=due.stream_id, by=1)}).run_once() == 1
    assert stored(rig, counter) == [1]


@pytest.mark.fault("F20")
def test_a_timer_that_failed_while_the_clock_was_ahead_is_tried_when_it_is_set_back(
    rig: Rig, setting: Commands, wall: SteeredWall
):
    put(rig, setting, "bad")
    wall.advance(timedelta(days=10))
    timers = worker(rig, wall)
    assert timers.run_once() == 1
    wall.advance(timedelta(days=-9))
    assert [timers.run_once() for _ in range(2)] == [1, 0]
    assert rig.rows("select attempts from timer") == [(2,)]


def test_a_timer_nobody_waits_for_is_told(rig: Rig, setting: Commands, wall: SteeredWall):
    put(rig, setting, "unheard-of")
    wall.advance(timedelta(days=1))
    timers = worker(rig, wall)
    timers.run_once()
    [(error,)] = rig.rows("select error from timer")
    assert "nobody waits for timers of kind unheard-of" in error
    rig.rows("update timer set due_at = clock_timestamp() - interval '1 s' returning 1")
    assert timers.measure() == 1
