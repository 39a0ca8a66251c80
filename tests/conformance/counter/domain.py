"""A counter: the smallest aggregate that runs on the chassis. It shows what a service needs, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from pydantic import Field

from contracts.catalogue import TypeKey
from contracts.envelope import Command, Event
from contracts.refusals import Refusal


class Counted(Event, type="counter.counted", version=1):
    counter_id: UUID
    by: int


class Count(Command, type="counter.count", version=1):
    counter_id: UUID
    by: int = Field(ge=1, le=1_000_000)


class CounterIsFull(Refusal, code="counter-is-full", status=409, title="The counter is full"): ...


@dataclass(frozen=True, slots=True)
class Counter:
    total: int = 0


def decide(counter: Counter, command: Count, limit: int = 1_000_000) -> Counted:
    if counter.total + command.by > limit:
        raise CounterIsFull(f"{counter.total} and {command.by} are more than {limit}")
    return Counted(counter_id=command.counter_id, by=command.by)


def evolve(counter: Counter, event: Event) -> Counter:
    return Counter(counter.total + event.by) if isinstance(event, Counted) else counter


def events() -> Mapping[TypeKey, type[Event]]:
    return MappingProxyType({("counter.counted", 1): Counted})
