"""What a handler answers: the changes a command makes, and what goes with them into the same transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from chassis.timers.due import timer_id
from contracts.envelope import Event


@dataclass(frozen=True, slots=True)
class Change:
    """What one stream is to receive. `expected_version` is the version that was loaded, 0 for a new stream."""

    stream_id: UUID
    category: str
    expected_version: int
    events: tuple[Event, ...]
    occurred_at: datetime | None = None
    """When it happened; None: the command's `now`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A natural key that belongs to one stream: `Claim("line-number", "02203123456", line_id)`."""

    kind: str
    value: str
    stream_id: UUID


@dataclass(frozen=True, slots=True)
class Timer:
    """Fires once at or after `due_at`; set again under the same stream, kind and round it is the same timer."""

    stream_id: UUID
    kind: str
    round: int
    due_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return timer_id(self.stream_id, self.kind, self.round)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message that is no event (a reply): sent after the transaction, at least once, not in any order."""

    topic: str
    key: bytes | None
    headers: list[tuple[str, str]]
    value: bytes


@dataclass(frozen=True, slots=True)
class Decision:
    """`response` is what the caller is told, now and on every repetition. `clause` goes into each event's metadata.

    Claims are taken and releases given back with the changes; releasing what the stream does not hold is an error.
    """

    changes: tuple[Change, ...] = ()
    response: BaseModel | dict[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    timers: tuple[Timer, ...] = ()
    cancelled_timers: tuple[UUID, ...] = ()
    clause: str | None = None

    @property
    def is_one_statement(self) -> bool:
        """The function `append` writes all of it: no timers."""
        return not self.timers and not self.cancelled_timers


@dataclass(frozen=True, slots=True)
class Batches:
    """A long command: each batch is a transaction of its own, the final decision makes the command done.

    After a failure the handler runs again from the top, and batch n is passed over if it was stored before: so batch n
    must always cover the same part of the *request* (rows 0–99, 100–199, …), whatever the streams say by then.
    `context.load` inside the iterable reads in the batch's own transaction. `final` may be a function, called last.
    """

    batches: Iterable[Decision]
    final: Decision | Callable[[], Decision]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets. `after`: "<stream>@<version>", several joined by ",": the last change of each partition."""

    response: dict[str, Any]
    after: str | None
    replayed: bool
    """The command had been accepted before; nothing was changed now."""
