"""The log as messages, and the relay's place in it: up to where every event is on Kafka, and what is held back.

Cursor and held partitions are one row, changed only from what they were known to be: two relays, or a relay and a
republish, cannot make each other's events forgotten.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chassis.kafka.clients import KafkaProducer
from chassis.postgres.pool import Pool
from contracts.envelope import headers_of

STATE = """
select c.position, c.held, coalesce((select max(position) from public.log), 0), exists (select from public.outbox)
from (values (0)) as always left join (select position, held from public.relay_cursor where topic = %s) as c on true
"""
EVENTS = """
select l.partition, l.position, e.data::text, e.metadata::text, e.event_id::text, e.type, e.schema_version,
       e.stream_id::text, e.version, s.scope,
       to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(l.sequenced_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), l.epoch, l.prev
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


class Outgoing(NamedTuple):
    """One event as it travels: `value` is the stored bytes."""

    partition: int
    position: int
    value: bytes
    key: bytes
    headers: list[tuple[str, bytes]]

    def send(self, producer: KafkaProducer, topic: str) -> Any:
        """kafka-python's future. Raises KafkaError when it cannot even be put into the producer's buffer."""
        return producer.send(topic, self.value, self.key, self.headers, self.partition)

    @property
    def traceparent(self) -> str | None:
        name, value = self.headers[-1]
        return value.decode() if name == "traceparent" else None


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


def read_after(pool: Pool, source: str, position: int, limit: int) -> list[Outgoing]:
    """Up to `limit` events after `position`, in the order of the log."""
    with pool.statements() as cursor:
        cursor.execute(AFTER, (position, limit))
        return [_outgoing(source, *row) for row in cursor.fetchall()]


def read_partition(pool: Pool, source: str, partition: int, first: int, last: int, limit: int) -> list[Outgoing]:
    """Up to `limit` events of one partition, from position `first` to `last`."""
    with pool.statements() as cursor:
        cursor.execute(OF_PARTITION, (partition, first, last, limit))
        return [_outgoing(source, *row) for row in cursor.fetchall()]


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


def _outgoing(
    source: str, partition: int, position: int, data: str, meta: str, event_id: str, kind: str, schema_version: int,
    stream_id: str, version: int, scope: str, occurred_at: str, sequenced_at: str, epoch: int, prev: int,
) -> Outgoing:  # fmt: skip
    headers = headers_of(
        source, event_id, kind, schema_version, stream_id, version, scope, occurred_at, sequenced_at, epoch, position,
        prev, meta.encode(),
    )  # fmt: skip
    return Outgoing(partition, position, data.encode(), stream_id.encode(), headers)
