"""Watermarks and what was seen: the rows that move in the same transaction as the effects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis.consume.broker import Partition
from chassis.consume.order import Order
from contracts.sql import Cursor

CREATE = """
insert into watermark (consumer, topic, partition, topic_id, epoch, position, kafka_offset)
select %s, topic, partition, topic_id, 0, 0, 0 from unnest(%s::text[], %s::smallint[], %s::text[])
    as assigned (topic, partition, topic_id)
order by topic, partition
on conflict do nothing
"""
NEW_TOPIC = """
update watermark set topic_id = %s, kafka_offset = 0, position = case when %s then 0 else position end
where consumer = %s and topic = %s and partition = %s
"""
READ = """
select topic, partition, topic_id, epoch, position, kafka_offset from watermark
where consumer = %s and (topic, partition) in %s order by topic, partition
"""
MOVE = """
with moved as (
    update watermark w set epoch = m.epoch, position = m.position, kafka_offset = m.kafka_offset,
        moved_at = clock_timestamp()
    from unnest(%s::text[], %s::smallint[], %s::smallint[], %s::bigint[], %s::bigint[])
        as m (topic, partition, epoch, position, kafka_offset)
    where w.consumer = %s and w.topic = m.topic and w.partition = m.partition)
insert into seen (consumer, stream_id, version)
select %s, stream_id, version from unnest(%s::uuid[], %s::int[]) as s (stream_id, version) order by stream_id
on conflict (consumer, stream_id) do update set version = excluded.version where seen.version < excluded.version
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of `watermark`."""

    topic_id: str
    epoch: int
    position: int
    kafka_offset: int

    def agrees_with(self, order: Order) -> bool:
        """False when somebody else has moved the row since: another owner, or a person who reconciled."""
        return self.epoch == order.epoch and self.position == order.position


def claim(
    cursor: Cursor, consumer: str, topic_ids: Mapping[Partition, str], offset_counts: bool
) -> dict[Partition, Mark]:
    """The rows of newly assigned partitions, made at position 0 where there are none.

    A topic that was made again is read from its beginning; with `offset_counts` (command topics, where the offset is
    the watermark) its position begins again too.
    """
    if not topic_ids:
        return {}
    names = sorted(topic_ids)
    cursor.execute(
        CREATE,
        (consumer, [name.topic for name in names], [name.partition for name in names], [topic_ids[n] for n in names]),
    )
    marks = _read(cursor, f"{READ} for update", consumer, names)
    for name, mark in marks.items():
        if mark.topic_id != topic_ids[name]:
            cursor.execute(NEW_TOPIC, (topic_ids[name], offset_counts, consumer, *name))
            position = 0 if offset_counts else mark.position
            marks[name] = Mark(topic_ids[name], mark.epoch, position, 0)
    return marks


def lock(cursor: Cursor, consumer: str, partitions: Iterable[Partition]) -> dict[Partition, Mark]:
    """The rows as they stand now, held until the end of the transaction."""
    return _read(cursor, f"{READ} for update", consumer, sorted(partitions))


def read(cursor: Cursor, consumer: str, partitions: Iterable[Partition]) -> dict[Partition, Mark]:
    """The rows as they stand now."""
    return _read(cursor, READ, consumer, sorted(partitions))


def _read(cursor: Cursor, sql: str, consumer: str, partitions: list[Partition]) -> dict[Partition, Mark]:
    if not partitions:
        return {}
    cursor.execute(sql, (consumer, tuple((name.topic, name.partition) for name in partitions)))
    return {Partition(topic, partition): Mark(*rest) for topic, partition, *rest in cursor.fetchall()}


def move(cursor: Cursor, consumer: str, orders: Mapping[Partition, Order], seen: Mapping[str, int]) -> None:
    """Saves how far the consumer is and which version of each stream it has dealt with, in one round trip."""
    cursor.execute(
        MOVE,
        (
            [name.topic for name in orders],
            [name.partition for name in orders],
            [order.epoch for order in orders.values()],
            [order.position for order in orders.values()],
            [order.stored_offset for order in orders.values()],
            consumer,
            consumer,
            _array(seen),
            _array(seen.values()),
        ),
    )


def _array(found: Iterable[str | int]) -> str:
    """Ids or numbers as one literal: the driver would quote each, and the server parse each as an expression."""
    return f"{{{','.join(map(str, found))}}}"
