"""The log as envelopes, and the relay's place in it: up to where every event is on Kafka, and what is held back.

Cursor and held partitions are one row, changed only from what they were known to be: two relays, or a relay and a
republish, cannot make each other's events forgotten.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.postgres.pool import Pool
from contracts.envelope import Envelope

STATE = """
select c.position, c.held, coalesce((select max(position) from public.log), 0), exists (select from public.outbox)
from (values (0)) as always left join (select position, held from public.relay_cursor where topic = %s) as c on true
"""
EVENTS = """
select l.epoch, l.position, l.partition, l.prev, l.sequenced_at, e.event_id, e.type, e.schema_version, e.stream_id,
       e.version, s.scope, e.occurred_at, e.metadata::text, e.data::text
from public.log l join public.event e on e.event_no = l.event_no join public.stream s on s.stream_id = e.stream_id
"""
AFTER = EVENTS + "where l.position > %s order by l.position limit %s"
OF_PARTITION = EVENTS + "where l.partition = %s and l.position between %s and %s order by l.position limit %s"
BEGIN = "insert into public.relay_cursor (topic, position) values (%s, 0) on conflict (topic) do nothing"
MOVE = """
update public.relay_cursor set position = %s, held = %s where topic = %s and position = %s and held = %s::jsonb
"""
REWIND = "update public.relay_cursor set position = 0, held = '{}' where topic = %s"


@dataclass(frozen=True, slots=True)
class Place:
    """Everything up to `cursor` is on Kafka, but what is held: of each such partition, from that position on."""

    cursor: int
    held: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """How far the relay is, the last position of the log, and whether anything is in the outbox."""

    place: Place
    head: int
    outbox: bool


def state(pool: Pool, topic: str) -> State:
    """The relay's row is made if there is none."""
    with pool.statements() as cursor:
        cursor.execute(STATE, (topic,))
        row = cursor.fetchone()
        assert row is not None
        if row[0] is None:
            cursor.execute(BEGIN, (topic,))
        held = {int(partition): position for partition, position in (row[1] or {}).items()}
        return State(Place(row[0] or 0, held), row[2], row[3])


def read_after(pool: Pool, source: str, position: int, limit: int) -> list[tuple[int, Envelope]]:
    """Up to `limit` events after `position`, each with its partition, in the order of the log."""
    with pool.statements() as cursor:
        cursor.execute(AFTER, (position, limit))
        return [_envelope(source, row) for row in cursor.fetchall()]


def read_partition(pool: Pool, source: str, partition: int, first: int, last: int, limit: int) -> list[Envelope]:
    """Up to `limit` events of one partition, from position `first` to `last`."""
    with pool.statements() as cursor:
        cursor.execute(OF_PARTITION, (partition, first, last, limit))
        return [_envelope(source, row)[1] for row in cursor.fetchall()]


def move(pool: Pool, topic: str, before: Place, after: Place) -> bool:
    """False when the relay's place is not `before` any more (another relay, a republish): then nothing changed."""
    with pool.statements() as cursor:
        cursor.execute(MOVE, (after.cursor, _text(after), topic, before.cursor, _text(before)))
        return cursor.rowcount == 1


def rewind(pool: Pool, topic: str) -> None:
    """Everything is sent again, from position 1."""
    with pool.statements() as cursor:
        cursor.execute(REWIND, (topic,))


def _text(place: Place) -> str:
    return json.dumps({str(partition): position for partition, position in place.held.items()})


def _envelope(source: str, row: tuple[Any, ...]) -> tuple[int, Envelope]:
    epoch, position, partition, prev, sequenced_at, event_id, kind, schema_version, stream_id, version = row[:10]
    scope, occurred_at, meta, data = row[10:]
    return partition, Envelope(
        source, event_id, kind, schema_version, stream_id, version, scope, occurred_at, sequenced_at, epoch, position,
        prev, meta.encode(), data.encode(),
    )  # fmt: skip
