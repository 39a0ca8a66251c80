"""The log as envelopes, and the cursor: up to where every event is on Kafka."""

from typing import Any
from uuid import UUID

from chassis.postgres.pool import Pool
from contracts.envelope import Envelope

STATE = """
select (select position from public.relay_cursor where topic = %s),
       coalesce((select max(position) from public.log), 0),
       exists (select from public.outbox)
"""
AFTER = """
select l.epoch, l.position, l.partition, l.prev, l.sequenced_at, e.event_id, e.type, e.schema_version, e.stream_id,
       e.version, s.scope, e.occurred_at, e.metadata::text, e.data::text
from public.log l join public.event e on e.event_no = l.event_no join public.stream s on s.stream_id = e.stream_id
where l.position > %s order by l.position limit %s
"""
BEGIN = "insert into public.relay_cursor (topic, position) values (%s, 0) on conflict (topic) do nothing"
ADVANCE = "update public.relay_cursor set position = %s where topic = %s and position = %s"
REWIND = "update public.relay_cursor set position = 0 where topic = %s"


def state(pool: Pool, topic: str) -> tuple[int, int, bool]:
    """(cursor, last position of the log, is anything in the outbox)."""
    with pool.statements() as cursor:
        cursor.execute(STATE, (topic,))
        row = cursor.fetchone()
        if row is not None and row[0] is None:
            cursor.execute(BEGIN, (topic,))
        assert row is not None
        return row[0] or 0, row[1], row[2]


def read_after(pool: Pool, source: str, position: int, limit: int) -> list[tuple[int, Envelope]]:
    """Up to `limit` events after `position`, each with its partition, in the order of the log."""
    with pool.statements() as cursor:
        cursor.execute(AFTER, (position, limit))
        return [_envelope(source, row) for row in cursor.fetchall()]


def advance(pool: Pool, topic: str, before: int, position: int) -> bool:
    """Moves the cursor from `before`; False when it is elsewhere by now (another relay, a republish)."""
    with pool.statements() as cursor:
        cursor.execute(ADVANCE, (position, topic, before))
        return cursor.rowcount == 1


def rewind(pool: Pool, topic: str) -> None:
    """Everything is sent again, from position 1."""
    with pool.statements() as cursor:
        cursor.execute(REWIND, (topic,))


def _envelope(source: str, row: tuple[Any, ...]) -> tuple[int, Envelope]:
    epoch, position, partition, prev, sequenced_at, event_id, kind, schema_version, stream_id, version = row[:10]
    scope, occurred_at, meta, data = row[10:]
    assert isinstance(stream_id, UUID)
    return partition, Envelope(
        source=source,
        event_id=event_id,
        type=kind,
        schema_version=schema_version,
        stream_id=stream_id,
        stream_version=version,
        scope=scope,
        occurred_at=occurred_at,
        sequenced_at=sequenced_at,
        epoch=epoch,
        position=position,
        prev=prev,
        meta=meta.encode(),
        data=data.encode(),
    )
