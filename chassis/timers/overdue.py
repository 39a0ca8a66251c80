"""Timers that are due and have not fired."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.sql import Cursor

WHERE = "fired_at is null and due_at < clock_timestamp()"
COUNT = f"select count(*) from public.timer where {WHERE}"
LIST = f"""
select id, kind, stream_id, due_at, attempts, not_before, error from public.timer where {WHERE} order by due_at, id
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """`attempts` have failed, the last one with `error`; None: it was never tried. It rests until `not_before`."""

    timer_id: UUID
    kind: str
    stream_id: UUID
    due_at: datetime
    attempts: int
    not_before: datetime | None
    error: str | None


def count(cursor: Cursor) -> int:
    """How many there are."""
    cursor.execute(COUNT)
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def listed(cursor: Cursor) -> list[Overdue]:
    """The longest due first."""
    cursor.execute(LIST)
    return [Overdue(*row) for row in cursor.fetchall()]
