"""Partitions that stand still until a person has acted, as the command line shows them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.consume.broker import Partition
from chassis.consume.failures import Stop
from chassis.consume.order import Stamp
from contracts.sql import Cursor

PUT = """
insert into stopped (consumer, topic, partition, reason, detail, epoch, position, prev)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (consumer, topic, partition) do update set reason = excluded.reason, detail = excluded.detail,
    epoch = excluded.epoch, position = excluded.position, prev = excluded.prev, stopped_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class StoppedPartition:
    """`epoch`, `position` and `prev` are those of the message it stands before."""

    consumer: str
    topic: str
    partition: int
    reason: str
    detail: str
    epoch: int
    position: int
    prev: int
    stopped_at: datetime


def put(cursor: Cursor, consumer: str, partition: Partition, stop: Stop, stamp: Stamp) -> None:
    cursor.execute(PUT, (consumer, *partition, stop.reason, stop.detail.replace("\0", " ")[:2000], *stamp))


def remove(cursor: Cursor, consumer: str, partitions: Collection[Partition]) -> None:
    """These go on, or are tried anew."""
    places = tuple((name.topic, name.partition) for name in partitions)
    if places:
        cursor.execute("delete from stopped where consumer = %s and (topic, partition) in %s", (consumer, places))


def listed(cursor: Cursor, consumer: str | None = None) -> list[StoppedPartition]:
    """`consumer` with or without its version; None lists all."""
    cursor.execute(
        "select consumer, topic, partition, reason, detail, epoch, position, prev, stopped_at from stopped "
        "where %s::text is null or consumer = %s or consumer like %s || '@%%' order by consumer, topic, partition",
        (consumer, consumer, consumer),
    )
    return [StoppedPartition(*row) for row in cursor.fetchall()]
