"""Refilling a topic from the log, after Kafka lost it."""

from dataclasses import dataclass

from chassis.kafka.clients import KafkaSettings
from chassis.postgres.pool import Pool
from chassis.relay import reading
from chassis.relay.ahead import is_empty
from contracts.topics import events_topic


class NotEmpty(Exception):
    """The topic holds messages: republishing would double them all."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the relay is."""

    sent: int
    """Events confirmed by Kafka: the relay's cursor."""
    total: int
    """Events in the log."""


def republish(pool: Pool, service: str, kafka: KafkaSettings, even_if_not_empty: bool = False) -> Progress:
    """Puts the relay's cursor before position 1; the running relay does the sending, in order.

    Raises NotEmpty (consumers would skip the doubles, but read them all), WrongPartitions, KafkaError.
    """
    topic = events_topic(service)
    if not even_if_not_empty and not is_empty(kafka, topic):
        raise NotEmpty(f"{topic} holds messages; it is refilled only when it was newly made")
    reading.rewind(pool, topic)
    return progress(pool, service)


def progress(pool: Pool, service: str) -> Progress:
    """How far the relay is."""
    found = reading.state(pool, events_topic(service))
    return Progress(found.place.cursor, found.head)
