"""How far each consumer has come and where it stands still, read from its rows: true also while its thread hangs."""

from collections.abc import Iterable
from itertools import product

from chassis.consume import views
from chassis.consume.command_topic import CommandTopic
from chassis.consume.consumer import Consumer
from chassis.observe.metrics import CONSUMER_POSITION, CONSUMER_STOPPED_PARTITIONS
from chassis.postgres.pool import Pool
from contracts.topics import EVENT_PARTITIONS

WATERMARKS = "select topic, partition, position from public.watermark where consumer = %s"
STOPPED = "select count(*) from public.stopped where consumer = %s"


def measure(pool: Pool, consumers: Iterable[Consumer]) -> None:
    """Sets the gauges; positions for every partition of every events topic, 0 where the consumer has not begun.

    Behind a command topic there is no log to compare with: it has no positions.
    """
    with pool.transaction(read_only=True) as cursor:
        for consumer in consumers:
            rows = views.where(cursor, consumer).rows
            cursor.execute(STOPPED, (rows,))
            stopped = cursor.fetchone()
            assert stopped is not None
            CONSUMER_STOPPED_PARTITIONS.labels(consumer.name).set(stopped[0])
            if isinstance(consumer.member, CommandTopic):
                continue
            cursor.execute(WATERMARKS, (rows,))
            found = {(topic, partition): position for topic, partition, position in cursor.fetchall()}
            for topic, partition in product(consumer.topics, range(EVENT_PARTITIONS)):
                position = found.get((topic, partition), 0)
                CONSUMER_POSITION.labels(consumer.name, topic, str(partition)).set(position)
