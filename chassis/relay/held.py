"""What Kafka refuses as too large waits, and everything behind it in its partition, so that the order stays.

It is tried again every few seconds. Once Kafka takes it, the rest of the partition follows up to the relay's cursor,
and the partition is let go.
"""

import time
from collections.abc import Mapping

import structlog

from chassis.kafka.clients import (
    KafkaProducer,
    KafkaSettings,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    abandon,
)
from chassis.observe.metrics import RELAY_PUBLISHED
from chassis.postgres.pool import Pool
from chassis.relay import reading
from chassis.relay.reading import Outgoing, Place
from contracts.topics import events_topic

BATCH = 100
TRY_EVERY_S = 5.0
PATIENCE_S = 5.0
TURN_S = 5.0
"""How long one partition may take while the others wait."""
MAX_BLOCK_MS = 5_000


def is_too_large(error: BaseException | None) -> bool:
    """Whether Kafka refused a message for its size: sending it again as it is would be refused again."""
    return isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError)


class Held:
    """The held partitions of one relay, used from its thread."""

    def __init__(self, pool: Pool, service: str, kafka: KafkaSettings) -> None:
        self._pool, self._service, self._kafka = pool, service, kafka
        self._topic = events_topic(service)
        self._try_at = 0.0
        self._log = structlog.get_logger("chassis.relay").bind(topic=self._topic)

    def hold(self, refused: Mapping[int, int]) -> None:
        """From these positions on these partitions wait; if the relay's place moved, the next refusal does it."""
        before = reading.state(self._pool, self._topic).place
        after = Place(before.cursor, {**refused, **before.held})
        self._try_at = 0.0  # what was refused only because it travelled beside the large one goes on at once
        if reading.move(self._pool, self._topic, before, after):
            for partition, position in refused.items():
                self._log.error(
                    "a partition is held back",
                    partition=partition,
                    position=position,
                    why="Kafka refuses this event as too large: `phoihop topics check` says whose limit is too low",
                )

    def run_once(self, place: Place) -> int:
        """Tries what is held, now and then; answers how many messages Kafka confirmed. Raises as the relay does."""
        if not place.held or time.monotonic() < self._try_at:
            return 0
        self._try_at = time.monotonic() + TRY_EVERY_S
        return sum(self._try(partition) for partition in place.held)

    def _try(self, partition: int) -> int:
        """With a producer of its own: after one refusal kafka-python fails everything else with the same error."""
        producer = self._kafka.producer(max_block_ms=MAX_BLOCK_MS, batch_size=0)
        try:
            return self._go_on(producer, partition)
        finally:
            abandon(producer)

    def _go_on(self, producer: KafkaProducer, partition: int) -> int:
        """Lets the partition go when Kafka has all of it up to the relay's cursor.

        What does not fit into its turn waits for the next call.
        """
        confirmed, until = 0, time.monotonic() + TURN_S
        while partition in (before := reading.state(self._pool, self._topic).place).held:
            first, held = before.held[partition], dict(before.held)
            found = reading.read_partition(self._pool, self._service, partition, first, before.cursor, BATCH)
            taken = self._send(producer, found)
            confirmed += taken
            if taken < len(found):
                held[partition] = found[taken].position
            elif taken == BATCH:
                held[partition] = found[-1].position + 1
            else:
                del held[partition]
            moved = reading.move(self._pool, self._topic, before, Place(before.cursor, held))
            if taken < len(found):
                self._try_at = 0.0 if taken else self._try_at
                break
            if moved and partition not in held:
                self._log.info("a held partition goes on", partition=partition)
            if time.monotonic() > until:
                self._try_at = 0.0
                break
        return confirmed

    def _send(self, producer: KafkaProducer, events: list[Outgoing]) -> int:
        """How many Kafka confirmed before one was refused for its size or took too long; the first is sent alone."""
        taken = 0
        for part in (events[:1], events[1:]):
            for sent in [one.send(producer, self._topic) for one in part]:
                try:
                    sent.get(timeout=PATIENCE_S)
                except (MessageSizeTooLargeError, RecordListTooLargeError):
                    return taken
                except KafkaTimeoutError:
                    if sent.is_done:
                        raise
                    return taken
                taken += 1
                RELAY_PUBLISHED.labels(self._topic).inc()
        return taken
