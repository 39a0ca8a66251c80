"""Writing a decision: one round trip to `append_one` or `append` (0007_append_one.sql says what they raise)."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID, uuid5

import psycopg2
from psycopg2.extras import Json
from pydantic_core import to_json

from chassis.kafka.partition import partition_of
from chassis.observe import traces
from chassis.store.decision import Answer, Change, Claim, Decision, OutboxMessage, Timer
from chassis.store.digest import event_digest, stored_text
from contracts.envelope import Metadata
from contracts.refusals import ClaimTaken, CommandIdReused, Refusal, StaleVersion
from contracts.sql import Cursor

__all__ = ["Answer", "Change", "Claim", "Decision", "OutboxMessage", "Timer", "append", "send_later"]

Row = tuple[UUID, UUID, int, str, int, str, datetime, bytes]

LONGEST_STREAM = 1_000
"""Events."""
LARGEST_EVENT = 256 * 1024
"""Bytes of data."""

APPEND = f"select public.append({', '.join(['%s'] * 23)})"
APPEND_ONE = f"select public.append_one({', '.join(['%s'] * 16)})"
SET_TIMERS = """
insert into public.timer (id, stream_id, kind, round, due_at, payload) values %s on conflict (id) do nothing
"""
CANCEL_TIMERS = "delete from public.timer where id = any(%s::uuid[]) and fired_at is null"
SEND_LATER = "insert into public.outbox (topic, key, headers, value) values %s"


class StreamTooLong(Refusal, code="stream-too-long", status=409, title="This has a history that is too long"): ...


class EventTooLarge(Refusal, code="event-too-large", status=413, title="This is too large to be one event"): ...


class ClaimNotHeld(RuntimeError):
    """A handler released a claim that its stream does not hold: a fault in the handler."""


def append(
    cursor: Cursor,
    *,
    scope: str,
    principal: str,
    command_id: UUID,
    request_digest: bytes,
    decision: Decision,
    metadata: Metadata,
    recorded_at: datetime,
    outbox: Sequence[OutboxMessage] = (),
) -> Answer:
    """Stores the decision in the caller's transaction, or answers what was stored for this command before.

    `metadata.clause` is replaced by `decision.clause` if that is given; event ids are uuid5(command_id, "event/<n>").
    Raises StaleVersion (`current_version`, `stream_id`), ClaimTaken (`kind`, `value`), CommandIdReused, StreamTooLong,
    EventTooLarge; ValueError for text that cannot be stored and ClaimNotHeld, both faults of the handler. After any of
    them the transaction can only be rolled back, to a savepoint at least.
    """
    changes = [change for change in decision.changes if change.events or change.expected_version]
    if len({change.stream_id for change in changes}) < len(changes):
        raise ValueError("a decision may hold one change per stream")
    if decision.clause is not None:
        metadata = metadata.model_copy(update={"clause": decision.clause})
    metadata = traces.continued(metadata)
    response, after = to_json(decision.response), _after(changes)
    answer = stored_text(f'{{"response":{response.decode()},"after":{json.dumps(after)}}}').decode()
    command = [principal, command_id, request_digest, answer, scope]
    meta = stored_text(metadata.model_dump_json())
    rows = _event_rows(changes, command_id, meta, recorded_at)
    claims = [(claim, False) for claim in decision.claims] + [(claim, True) for claim in decision.releases]
    try:
        if len(changes) == len(rows) == 1 and not claims:
            cursor.execute(APPEND_ONE, [*command, *_of_one(changes[0], rows[0], meta.decode(), recorded_at)])
        else:
            cursor.execute(APPEND, [*command, *_of_many(changes, rows, meta.decode(), recorded_at, claims)])
    except psycopg2.Error as error:
        _translate(error)
    row = cursor.fetchone()
    if row is not None and row[0] is not None:
        return stored_answer(row[0])
    _set_timers(cursor, decision)
    send_later(cursor, outbox)
    return Answer(json.loads(response), after, replayed=False)


def stored_answer(text: str) -> Answer:
    """The answer kept in `command.response`."""
    stored = json.loads(text)
    return Answer(stored["response"], stored["after"], replayed=True)


def send_later(cursor: Cursor, messages: Iterable[OutboxMessage]) -> None:
    """Puts messages into the outbox, from where the relay sends them once the transaction has committed."""
    rows = [(message.topic, message.key, Json(message.headers), message.value) for message in messages]
    if rows:
        cursor.execute_values(SEND_LATER, rows)


def _after(changes: Iterable[Change]) -> str | None:
    """A consumer that has seen the last change of each partition has seen them all: at most one entry a partition."""
    moved = [change for change in changes if change.events]
    if len(moved) > 1:
        moved = list({partition_of(change.stream_id): change for change in moved}.values())
    return ",".join(f"{change.stream_id}@{change.expected_version + len(change.events)}" for change in moved) or None


def _of_one(change: Change, row: Row, meta: str, recorded_at: datetime) -> list[Any]:
    """The arguments of `append_one` from p_stream_id on."""
    event_id, stream_id, _, kind, schema_version, data, occurred_at, digest = row
    of_stream = [stream_id, change.category, change.expected_version]
    return [*of_stream, event_id, kind, schema_version, data, meta, occurred_at, recorded_at, digest]


def _of_many(
    changes: Sequence[Change],
    rows: Sequence[Row],
    meta: str,
    recorded_at: datetime,
    claims: Sequence[tuple[Claim, bool]],
) -> list[Any]:
    """The arguments of `append` from p_stream_ids on; a claim with True is released."""
    locked = sorted(changes, key=lambda change: change.stream_id)
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)]
    *to_data, occurred, digests = columns
    return [
        [change.stream_id for change in locked],
        [change.category for change in locked],
        [change.expected_version for change in locked],
        [len(change.events) for change in locked],
        *to_data,
        [meta] * len(rows),
        occurred,
        recorded_at,
        digests,
        [claim.kind for claim, _ in claims],
        [claim.value for claim, _ in claims],
        [claim.stream_id for claim, _ in claims],
        [release for _, release in claims],
    ]


def _event_rows(changes: Iterable[Change], command_id: UUID, meta: bytes, recorded_at: datetime) -> list[Row]:
    """(event id, stream id, version, type, schema version, data, occurred at, digest) of each event, in order."""
    rows: list[Row] = []
    for change in changes:
        if change.expected_version + len(change.events) > LONGEST_STREAM:
            raise StreamTooLong(
                "{category} {stream_id} cannot hold more than {limit} events",
                category=change.category,
                stream_id=change.stream_id,
                limit=LONGEST_STREAM,
            )
        occurred_at = change.occurred_at or recorded_at
        for version, event in enumerate(change.events, change.expected_version + 1):
            event_id = uuid5(command_id, f"event/{len(rows)}")
            data = stored_text(event.model_dump_json())
            if len(data) > LARGEST_EVENT:
                raise EventTooLarge(
                    "{event_type} has {size} bytes, more than {limit}",
                    event_type=event.message_type,
                    size=len(data),
                    limit=LARGEST_EVENT,
                )
            key = (event_id, change.stream_id, version, event.message_type, event.schema_version)
            digest = event_digest(*key, data, meta, occurred_at, recorded_at)
            rows.append((*key, data.decode(), occurred_at, digest))
    return rows


def _set_timers(cursor: Cursor, decision: Decision) -> None:
    if decision.cancelled_timers:
        cursor.execute(CANCEL_TIMERS, (list(decision.cancelled_timers),))
    if decision.timers:
        cursor.execute_values(
            SET_TIMERS,
            [
                (timer.id, timer.stream_id, timer.kind, timer.round, timer.due_at, to_json(timer.payload).decode())
                for timer in decision.timers
            ],
        )


def _translate(error: psycopg2.Error) -> NoReturn:
    detail = json.loads(error.diag.message_detail or "{}") if (error.pgcode or "").startswith("PH") else {}
    match error.pgcode:
        case "PH001":
            raise CommandIdReused("this command id was used before, for another request") from None
        case "PH002":
            raise StaleVersion(
                "{category} {stream_id} is at version {current_version}, not {expected_version}",
                **{name: detail[name] for name in ("category", "stream_id", "expected_version", "current_version")},
            ) from None
        case "PH003":
            raise ClaimTaken(
                "{kind} {value} belongs to something else",
                kind=detail["kind"],
                value=detail["value"],
            ) from None
        case "PH004":
            raise ClaimNotHeld(f"{detail['stream_id']} does not hold {detail['kind']} {detail['value']}") from None
    raise error
