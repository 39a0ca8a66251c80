"""The delivery log as companies and officers read it: each message with every attempt."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.sql import Cursor


class MessageState(StrEnum):
    """`held`: waiting, but its endpoint is absent, not verified, or suspended."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    ESCALATED = "escalated"


class DeliveryFilter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint_id: UUID | None = None
    order_id: UUID | None = None
    provider_id: UUID | None = None
    state: MessageState | None = None


class AttemptView(BaseModel):
    """One attempt. `fault`: `ours` or `theirs`. Without `ended_at` it is under way, or its worker died."""

    model_config = ConfigDict(frozen=True)

    number: int
    started_at: datetime
    ended_at: datetime | None
    status: int | None
    error: str | None
    fault: str | None
    answer: str | None
    """The beginning of what the endpoint said, at most 2 KiB."""
    duration_ms: int | None


class DeliveryView(BaseModel):
    """One message. `next_attempt_at` is null unless it waits."""

    model_config = ConfigDict(frozen=True)

    number: int
    message_id: UUID
    endpoint_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: str
    state: MessageState
    attempts: int
    last_error: str | None
    made_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    log: tuple[AttemptView, ...]


STATE = """
case when w.state <> 'waiting' then w.state when e.verified and not coalesce(e.suspended, false) then 'waiting'
     else 'held' end
"""
LIST = f"""
select w.no, w.message_id, w.endpoint_id, w.provider_id, w.order_id, w.webhook_type, {STATE}, w.attempts, w.last_error,
       w.made_at, case when {STATE} = 'waiting' then w.next_attempt_at end, w.settled_at
from webhook w left join endpoint e using (endpoint_id)
where (%(endpoint_id)s::uuid is null or w.endpoint_id = %(endpoint_id)s)
  and (%(order_id)s::uuid is null or w.order_id = %(order_id)s)
  and (%(provider_id)s::uuid is null or w.provider_id = %(provider_id)s)
  and (%(state)s::text is null or {STATE} = %(state)s)
  and (%(after)s::bigint is null or w.no < %(after)s)
order by w.no desc limit %(fetch)s
"""
ATTEMPTS = """
select message_id, row_number() over (partition by message_id order by epoch), started_at, ended_at, status, error,
       fault, answer, duration_ms
from attempt where message_id = any(%s::uuid[]) order by message_id, epoch
"""


def list_deliveries(cursor: Cursor, narrow: DeliveryFilter, after: int | None, fetch: int) -> list[DeliveryView]:
    """The newest first, at most `fetch` of them, after the number named."""
    cursor.execute(LIST, {**narrow.model_dump(), "after": after, "fetch": fetch})
    rows = cursor.fetchall()
    attempts = _attempts(cursor, [row[1] for row in rows])
    names = [name for name in DeliveryView.model_fields if name != "log"]
    return [DeliveryView(**dict(zip(names, row, strict=True)), log=tuple(attempts.get(row[1], ()))) for row in rows]


def _attempts(cursor: Cursor, message_ids: Sequence[UUID]) -> dict[UUID, list[AttemptView]]:
    found: dict[UUID, list[AttemptView]] = {}
    if message_ids:
        cursor.execute(ATTEMPTS, (list(message_ids),))
        for message_id, *columns in cursor.fetchall():
            found.setdefault(message_id, []).append(_attempt(columns))
    return found


def _attempt(columns: Sequence[Any]) -> AttemptView:
    values = dict(zip(AttemptView.model_fields, columns, strict=True))
    answer = values["answer"]
    return AttemptView(**values | {"answer": None if answer is None else answer.decode("utf-8", "replace")})
