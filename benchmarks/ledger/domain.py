"""A ledger of entries: a small aggregate whose events weigh what an event of the register weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from contracts.catalogue import TypeKey
from contracts.envelope import PHOIHOP, Command, Event


class EntryWritten(Event, type="ledger.entry-written", version=1):
    entry_id: UUID
    number: str
    holder: str
    address: str
    area: str
    seats: int
    opened_on: date


class WriteEntry(Command, type="ledger.write-entry", version=1):
    entry_id: UUID
    number: str
    holder: str
    address: str
    area: str
    seats: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class Entry:
    """How often it was written, and how many seats it has now."""

    written: int = 0
    seats: int = 0


def decide(_entry: Entry, command: WriteEntry) -> EntryWritten:
    return EntryWritten.model_construct(**dict(command))


def evolve(entry: Entry, event: Event) -> Entry:
    return Entry(entry.written + 1, event.seats) if isinstance(event, EntryWritten) else entry


def events() -> Mapping[TypeKey, type[Event]]:
    return MappingProxyType({("ledger.entry-written", 1): EntryWritten})


def entry_id(number: int) -> UUID:
    """The stream of the entry with that number: the same in every run."""
    return uuid5(PHOIHOP, f"entry/{number}")


def fields(number: int, version: int) -> dict[str, Any]:
    """What is written about entry `number` for the `version`-th time."""
    return {
        "entry_id": entry_id(number),
        "number": f"0220-{number:07d}",
        "holder": "Nguyễn Thị Thanh Huyền",
        "address": f"Số {number % 400}, đường Nguyễn Lương Bằng",
        "area": f"phường {number % 100}",
        "seats": 10 + version,
        "opened_on": date(2026, 10, 1),
    }
