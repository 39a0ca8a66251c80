"""What a timer says when its time has come, and how its id is made."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The timer `kind`, `round` of a stream was due at `due_at`; `now` is the wall's instant at which it fires."""

    timer_id: UUID
    stream_id: UUID
    kind: str
    round: int
    due_at: datetime
    now: datetime
    payload: dict[str, Any] = field(default_factory=dict)


def timer_id(stream_id: UUID, kind: str, round: int) -> UUID:
    """The same stream, kind and round is the same timer, so that it fires once however often it is set."""
    return uuid5(stream_id, f"{kind}/{round}")
