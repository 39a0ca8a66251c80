"""The facts themselves, of all services, append-only, with when they happened and when the system learnt of them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts import catalogue
from contracts.envelope import Event, Received
from contracts.sql import Cursor

COLUMNS = (
    "event_id",
    "source",
    "epoch",
    "position",
    "type",
    "schema_version",
    "stream_id",
    "stream_version",
    "scope",
    "occurred_at",
    "sequenced_at",
    "actor",
    "agency",
    "clause",
    "correlation_id",
    "data",
    "meta",
    "refs",
)
SHOWN = (*COLUMNS[:5], *COLUMNS[6:8], *COLUMNS[9:16])
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Facts:
    name = "facts"
    tables = ("fact",)
    wants: tuple[type[Event], ...] = tuple(catalogue.events().values())
    ddl = """
        create table fact (
            event_id uuid primary key, source text not null, epoch smallint not null, position bigint not null,
            type text not null, schema_version smallint not null, stream_id uuid not null, stream_version int not null,
            scope text not null, occurred_at timestamptz not null, sequenced_at timestamptz not null,
            actor text not null, agency text, clause text, correlation_id uuid not null,
            data text not null, meta text not null,   -- the very texts that were stored and hashed
            refs uuid[] not null                      -- every id that stands in data, at any depth
        );
        create index fact_sequenced on fact (sequenced_at, source, position);
        create index fact_type on fact (type, sequenced_at);
        create index fact_stream on fact (stream_id, stream_version);
        create index fact_correlation on fact (correlation_id);
        create index fact_refs on fact using gin (refs);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        cursor.execute_values(
            f"insert into fact ({', '.join(COLUMNS)}) values %s on conflict (event_id) do nothing",
            [_row(received) for received in batch],
        )


def _row(received: Received) -> tuple[Any, ...]:
    envelope = received.envelope
    metadata = envelope.metadata
    data = envelope.data.decode()
    return (
        envelope.event_id,
        envelope.source,
        envelope.epoch,
        envelope.position,
        envelope.type,
        envelope.schema_version,
        envelope.stream_id,
        envelope.stream_version,
        envelope.scope,
        envelope.occurred_at,
        envelope.sequenced_at,
        metadata.actor,
        metadata.agency,
        metadata.clause,
        metadata.correlation_id,
        data,
        envelope.meta.decode(),
        sorted(set(ids_in(json.loads(data)))),
    )


def ids_in(value: Any) -> Iterator[UUID]:
    """Every UUID that stands as a whole text in a JSON value, at any depth."""
    match value:
        case str() if UUID_TEXT.fullmatch(value):
            yield UUID(value)
        case list():
            for part in value:
                yield from ids_in(part)
        case dict():
            for part in value.values():
                yield from ids_in(part)


LIST = f"""
    select {", ".join(SHOWN)} from fact
    where (%(type)s::text is null or type = %(type)s)
      and (%(source)s::text is null or source = %(source)s)
      and (%(stream_id)s::uuid is null or stream_id = %(stream_id)s)
      and (%(ref)s::uuid is null or refs @> array[%(ref)s::uuid])
      and (%(correlation_id)s::uuid is null or correlation_id = %(correlation_id)s)
      and (%(area)s::text is null or data::json ->> 'area' = %(area)s)
      and (%(after_at)s::timestamptz is null or (sequenced_at, source, position)
           > (%(after_at)s, %(after_source)s, %(after_position)s::bigint))
    order by sequenced_at, source, position limit %(fetch)s
"""

ROOTS = """
    select data from fact where stream_id = %s and type = 'enforcement.case-opened'
"""
ORDERS = """
    select data from fact where refs @> array[%s::uuid]
    and type in ('enforcement.contract-termination-demanded', 'enforcement.line-cut-requested')
"""
TIMELINE = f"""
    select {", ".join(SHOWN)} from fact
    where stream_id = %(case_id)s
       or stream_id = any(%(rounds)s::uuid[])
       or (stream_id = %(inspection_id)s
           and (type <> 'inspection.violation-found' or refs @> array[%(violation_id)s::uuid]))
       or (refs && %(orders)s::uuid[] and source in ('enforcement', 'registry', 'notify'))
       or (refs @> array[%(case_id)s::uuid] and source = 'registry')
    order by sequenced_at, source, position
"""


def listed(cursor: Cursor, where: Mapping[str, Any], after: Sequence[Any] | None, fetch: int) -> list[dict[str, Any]]:
    """In the order in which they became known; `after` is [sequenced_at, source, position] of the last row before.

    `where` has a value or None for type, source, stream_id, ref, correlation_id and area, which the fact itself names.
    """
    at, source, position = after or (None, None, None)
    cursor.execute(LIST, {**where, "after_at": at, "after_source": source, "after_position": position, "fetch": fetch})
    return _facts(cursor)


def of_case(cursor: Cursor, case_id: UUID) -> list[dict[str, Any]]:
    """Every fact of a case over all services, in the order in which they became known; empty: there is no such case."""
    cursor.execute(ROOTS, (case_id,))
    row = cursor.fetchone()
    if row is None:
        return []
    opened = json.loads(row[0])
    cursor.execute(ORDERS, (case_id,))
    demands = [json.loads(data) for (data,) in cursor.fetchall()]
    cursor.execute(
        TIMELINE,
        {
            "case_id": case_id,
            "violation_id": opened["violation_id"],
            "inspection_id": opened["inspection_id"],
            "orders": [demand["order_id"] for demand in demands],
            "rounds": [demand["round_id"] for demand in demands],
        },
    )
    return _facts(cursor)


def _facts(cursor: Cursor) -> list[dict[str, Any]]:
    facts = [dict(zip(SHOWN, row, strict=True)) for row in cursor.fetchall()]
    for fact in facts:
        fact["data"] = json.loads(fact["data"])
    return facts
