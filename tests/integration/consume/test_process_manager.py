"""A process manager answers messages and timers with events of its own stream."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from chassis.consume.consumer import Consumer
from chassis.consume.process_manager import ProcessManager
from chassis.store.decision import Timer
from chassis.store.load import Fold
from chassis.timers.clocks import Clocks, LegalCalendar, SteeredWall
from chassis.timers.due import TimerDue
from chassis.timers.worker import Timers
from contracts.catalogue import TypeKey
from contracts.envelope import Event
from tests.conformance.counter.domain import Counted, events
from tests.integration.consume.rig import TOPIC, Rig

MATCH = UUID("99999999-2222-5333-8444-555555555555")
NOON = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)


class MatchBegun(Event, type="counter.match-begun", version=1):
    match_id: UUID
    counter_id: UUID


class MatchWon(Event, type="counter.match-won", version=1):
    match_id: UUID
    points: int


class MatchLost(Event, type="counter.match-lost", version=1):
    match_id: UUID
    round: int


@dataclass(frozen=True)
class Match:
    match_id: UUID | None = None
    points: int = 0
    over: bool = False
    taken: frozenset[int] = field(default_factory=frozenset)


def evolve(match: Match, event: Event) -> Match:
    match event:
        case MatchBegun():
            return Match(event.match_id)
        case MatchWon() | MatchLost():
            return replace(match, over=True)
        case _:
            return match


def match_of(counter: UUID) -> UUID:
    return uuid5(MATCH, str(counter))


def react(match: Match, message: Event | TimerDue) -> Iterator[Event | Timer]:
    """A count of one begins a match; a count of ten before noon wins it."""
    match message:
        case Counted(by=1) if match.match_id is None:
            match_id = match_of(message.counter_id)
            yield MatchBegun(match_id=match_id, counter_id=message.counter_id)
            yield Timer(match_id, "noon", 1, NOON)
        case Counted(by=by) if by >= 10 and match.match_id and not match.over:
            yield MatchWon(match_id=match.match_id, points=by)
        case TimerDue(kind="noon") if match.match_id and not match.over:
            yield MatchLost(match_id=match.match_id, round=message.round)


def correlate(message: Any) -> Iterable[str]:
    return [f"counter/{message.counter_id}"] if isinstance(message, Counted | MatchBegun) else []


def begins(message: Any) -> UUID | None:
    return match_of(message.counter_id) if isinstance(message, Counted) and message.by == 1 else None


def all_events() -> Mapping[TypeKey, type[Event]]:
    return {**events(), **{(kind.message_type, 1): kind for kind in (MatchBegun, MatchWon, MatchLost)}}


@pytest.fixture
def wall() -> SteeredWall:
    return SteeredWall(NOON - timedelta(hours=1))


@pytest.fixture
def matches(rig: Rig, wall: SteeredWall) -> Consumer:
    manager = ProcessManager(
        name="counter.matches",
        category="match",
        wants=(Counted,),
        react=react,
        evolve=evolve,
        initial=Match(),
        correlate=correlate,
        begins=begins,
        clocks=Clocks(wall, LegalCalendar()),
        fold=Fold("match", Match(), evolve, all_events),
    )
    return Consumer("counter.matches", (TOPIC,), manager)


def story(rig: Rig, counter: UUID) -> list[str]:
    found = rig.rows("select type from event where stream_id = %s order by version", match_of(counter))
    return [kind.removeprefix("counter.match-") for (kind,) in found]


def timers(rig: Rig, matches: Consumer, wall: SteeredWall) -> Timers:
    return Timers(rig.pool, rig.commands, {}, [matches.member], Clocks(wall, LegalCalendar()))  # type: ignore[list-item]


def test_a_message_begins_a_process_and_later_ones_find_it(rig: Rig, matches: Consumer):
    counter = rig.count(by=1)
    rig.count(counter, by=5)
    rig.count(counter, by=10)
    other = rig.count(by=10)
    rig.publish()
    rig.settle(rig.loop(matches))
    assert story(rig, counter) == ["begun", "won"]
    assert story(rig, other) == []
    assert rig.rows("select category from stream where stream_id = %s", match_of(counter)) == [("match",)]


@pytest.mark.fault("F32")
def test_what_comes_twice_or_late_answers_nothing(rig: Rig, matches: Consumer):
    counter = rig.count(by=1)
    rig.count(counter, by=10)
    rig.count(counter, by=10)
    rig.count(counter, by=1)
    rig.send(rig.sequence() * 2)
    loop = rig.loop(matches)
    rig.settle(loop)
    rig.rows("update watermark set position = 0, kafka_offset = 0 returning 1")
    loop.close()
    rig.settle(rig.loop(matches))
    assert story(rig, counter) == ["begun", "won"]


def test_what_it_does_follows_from_the_message(rig: Rig, matches: Consumer):
    counter = rig.count(by=1)
    rig.publish()
    rig.settle(rig.loop(matches))
    [(cause, correlation)] = rig.rows(
        "select event_id, metadata->>'correlation_id' from event where stream_id = %s", counter
    )
    assert rig.rows(
        "select metadata->>'actor', metadata->>'causation_id', metadata->>'correlation_id', recorded_at from event "
        "where stream_id = %s",
        match_of(counter),
    ) == [("service:counter", str(cause), correlation, NOON - timedelta(hours=1))]


def test_a_timer_waits_for_its_instant_and_fires_once(rig: Rig, matches: Consumer, wall: SteeredWall):
    counter = rig.count(by=1)
    rig.publish()
    rig.settle(rig.loop(matches))
    worker = timers(rig, matches, wall)
    assert worker.run_once() == 0
    wall.advance(timedelta(hours=1))
    assert worker.run_once() == 1
    assert worker.run_once() == 0
    assert story(rig, counter) == ["begun", "lost"]
    [(began,)] = rig.rows("select metadata->>'correlation_id' from event where type = 'counter.match-begun'")
    assert rig.rows("select metadata->>'correlation_id' from event where type = 'counter.match-lost'") == [(began,)]


def test_a_timer_of_a_process_that_is_over_changes_nothing(rig: Rig, matches: Consumer, wall: SteeredWall):
    counter = rig.count(by=1)
    rig.count(counter, by=10)
    rig.publish()
    rig.settle(rig.loop(matches))
    wall.advance(timedelta(hours=1))
    assert timers(rig, matches, wall).run_once() == 1
    assert story(rig, counter) == ["begun", "won"]
