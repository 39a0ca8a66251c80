"""Looks whether Kafka holds events that the log does not know.

Then the database was restored, and sending on would give one (epoch, position) to two events.
"""

from collections.abc import Mapping

from chassis.kafka.clients import KafkaConsumer, KafkaError, KafkaSettings, TopicPartition
from chassis.postgres.pool import Pool
from chassis.store.epochs import head
from contracts.topics import EVENT_PARTITIONS

LOOK_BACK = 200
"""Records read from the end of each partition: after a resend the last record need not be the highest."""
POLLS = 20


class KafkaIsAhead(Exception):
    """A partition holds an (epoch, position) beyond the log. Says what to do; nothing was sent."""


class WrongPartitions(Exception):
    """The topic is absent or has not the partitions that the log was sequenced for; nothing was sent."""


def refuse_if_ahead(pool: Pool, settings: KafkaSettings, topic: str, wanted: int | None = EVENT_PARTITIONS) -> None:
    """`wanted`: how many partitions it must have; None: any number.

    Raises KafkaIsAhead, WrongPartitions, KafkaError when Kafka does not answer.
    """
    consumer = settings.consumer()
    try:
        partitions = consumer.partitions_for_topic(topic) or set()
        if not partitions:
            raise WrongPartitions(f"topic {topic} does not exist, or we may not see it: run `phoihop topics apply`")
        if wanted is not None and len(partitions) != wanted:
            raise WrongPartitions(
                f"topic {topic} has {len(partitions)} partitions, not {wanted}: `phoihop topics check`"
            )
        stamps = _last_stamps(consumer, [TopicPartition(topic, number) for number in partitions])
    finally:
        consumer.close()
    with pool.statements() as cursor:
        known = head(cursor)  # after Kafka was read: the log only grows
    for place, stamp in stamps.items():
        if stamp > known:
            raise KafkaIsAhead(
                f"{topic} partition {place.partition} holds position {stamp[1]} of epoch {stamp[0]}, but the log "
                f"ends at position {known[1]} of epoch {known[0]}. If the database was restored: docs/operations.md, "
                f"A database is lost, from `phoihop epoch raise {topic.partition('.')[0]} --reason …` on"
            )


def is_empty(settings: KafkaSettings, topic: str) -> bool:
    """No record was ever kept in it. Raises WrongPartitions when there is no such topic."""
    consumer = settings.consumer()
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not places:
            raise WrongPartitions(f"topic {topic} does not exist: run `phoihop topics apply`")
        return not any(consumer.end_offsets(places).values())
    finally:
        consumer.close()


def _last_stamps(consumer: KafkaConsumer, places: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    """The highest (epoch, position) among the last records of each partition that holds any."""
    begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
    open_places = [place for place in places if ends[place] > begins[place]]
    consumer.assign(open_places)
    for place in open_places:
        consumer.seek(place, max(begins[place], ends[place] - LOOK_BACK))
    found: dict[TopicPartition, tuple[int, int]] = {}
    for _ in range(POLLS):
        if all(consumer.position(place) >= ends[place] for place in open_places):
            return found
        for place, records in consumer.poll(timeout_ms=1000, max_records=5000).items():
            for record in records:
                stamp = _stamp(dict(record.headers))
                if stamp is not None:
                    found[place] = max(found.get(place, stamp), stamp)
    raise KafkaError("the ends of the partitions could not be read in time")


def _stamp(headers: Mapping[str, bytes]) -> tuple[int, int] | None:
    """(epoch, position); None for a record that stands in no log of ours: consumers set it aside, we pass it over."""
    try:
        return int(headers["ce_logepoch"]), int(headers["ce_sequence"])
    except (KeyError, TypeError, ValueError):
        return None
