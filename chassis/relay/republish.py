"""Refilling a topic from the log, after Kafka lost it."""

from dataclasses import dataclass

from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from chassis.postgres.pool import Pool
from chassis.relay import reading
from chassis.relay.ahead import is_empty, refuse_if_ahead
from contracts.topics import all_topics, events_topic


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
        raise NotEmpty(f"{topic} holds messages; it is refilled when it was newly made, or with --even-if-not-empty")
    reading.rewind(pool, topic)
    return progress(pool, service)


def remake(pool: Pool, service: str, kafka: KafkaSettings) -> Progress:
    """Deletes a service's events topic with all it holds and makes it anew; the relay refills it from position 1.

    After a restore: what the log lost is then gone from Kafka too; or when somebody gave it other partitions. Raises
    KafkaIsAhead while the epoch was not raised (the relay would give lost places to new events), WrongPartitions when
    there is no such topic, TopicRefused, KafkaError.
    """
    name = events_topic(service)
    refuse_if_ahead(pool, kafka, name, wanted=None)
    topics.remake(kafka, next(topic for topic in all_topics() if topic.name == name))
    reading.rewind(pool, name)
    return progress(pool, service)


def progress(pool: Pool, service: str) -> Progress:
    """How far the relay is."""
    found = reading.state(pool, events_topic(service))
    return Progress(found.place.cursor, found.head)
