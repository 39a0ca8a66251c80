"""Log → Kafka, in order, at least once.

The cursor moves when every send of a batch was confirmed. On the first error the producer is abandoned, what it still
held with it, and everything after the cursor is sent again: duplicates do happen, and overtakings with them; consumers
sort that out by position and prev.

An event that Kafka refuses as too large is held back, and what follows it in its partition; the other partitions go on
(docs/adr/0014).
"""

import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chassis.kafka.clients import KafkaProducer, KafkaSettings, KafkaTimeoutError, abandon
from chassis.observe import traces
from chassis.observe.metrics import RELAY_PUBLISH_FAILURES, RELAY_PUBLISHED, at_zero
from chassis.postgres.pool import Pool
from chassis.process.crash import crash_point
from chassis.relay import reading
from chassis.relay.ahead import refuse_if_ahead
from chassis.relay.held import Held, is_too_large
from chassis.relay.outbox import send_outbox
from chassis.relay.reading import Outgoing, Place
from contracts.topics import AGENCIES_ON_THE_BUS, events_topic, replies_topic

BATCH = 1_000
"""Events read at once at most; the first batch is smaller, large events make them smaller again."""
FIRST_BATCH = 100
BATCH_BYTES = 4 * 1024 * 1024
WINDOW = 8
"""Batches sent and not yet confirmed: while one is on its way the next is read."""
PATIENCE_S = 1.0
"""How long `run_once` waits for Kafka before it returns; the batches stay on their way."""
MAX_BLOCK_MS = 5_000
LINGER_MS = 20
"""While there is more to send; the end of the log is flushed at once."""


@dataclass(slots=True)
class _Batch:
    before: Place
    """The relay's place when all earlier batches are confirmed."""
    last: int
    sends: list[Any]
    places: list[tuple[int, int]]
    """(partition, position) of each send."""
    spans: list[Any]
    """Of the sends, one for each event with a trace; none while traces are off."""


class Relay:
    """`run_once()` in a loop; after an exception wait a little and call it again. One producer, used by one thread."""

    def __init__(self, pool: Pool, service: str, kafka: KafkaSettings) -> None:
        self.service = service
        self.topic = events_topic(service)
        self._pool = pool
        self._kafka = kafka
        self._producer: KafkaProducer | None = None
        self._window: deque[_Batch] = deque()
        self._limit = FIRST_BATCH
        self._one_by_one = False
        self._held = Held(pool, service, kafka)
        self.has_looked = False
        """Kafka was held against the log, and holds nothing that the log does not know. False again: it looks again."""
        replies = (replies_topic(service, agency) for agency in AGENCIES_ON_THE_BUS.get(service, ()))
        at_zero(RELAY_PUBLISHED, topic=[self.topic, *replies])
        at_zero(RELAY_PUBLISH_FAILURES, topic=self.topic)

    def run_once(self) -> int:
        """Returns how many messages Kafka confirmed; 0 also when it is slow. Blocks for a few seconds at most.

        Raises KafkaError, psycopg2.Error, Unavailable (passing: call again), KafkaIsAhead and WrongPartitions (a person
        must act; calling again looks again). Whatever it raised, the next call starts at the cursor.
        """
        try:
            if not self.has_looked:
                self.close()
            state = reading.state(self._pool, self.topic)
            producer = self._producer or self._open(bool(state.place.held))
            self._fill(producer, state.place, state.head)
            confirmed = self._settle()
            if self._one_by_one and confirmed and not self._window and not state.place.held:
                self.close()
                self._one_by_one = False
            confirmed += self._held.run_once(state.place)
            if state.outbox and self._producer is not None:
                confirmed += send_outbox(self._pool, producer)
            return confirmed
        except BaseException:
            if self._producer is not None:
                RELAY_PUBLISH_FAILURES.labels(self.topic).inc()
            refused = self._too_large() if self._one_by_one else {}
            self.close()
            self._one_by_one, self._limit = True, FIRST_BATCH
            if refused:
                self._held.hold(refused)
            raise

    def close(self) -> None:
        """Forgets what is on its way: it will be sent again."""
        self._window.clear()
        producer, self._producer = self._producer, None
        if producer is not None:
            abandon(producer)

    def _open(self, holds: bool) -> KafkaProducer:
        """After an error, and while something is held, each message travels alone: a refusal is then its own.

        kafka-python splits a batch that Kafka refuses as too large; with several on their way other errors follow.
        """
        refuse_if_ahead(self._pool, self._kafka, self.topic)
        self.has_looked = True
        self._one_by_one = self._one_by_one or holds
        alone = {"batch_size": 0} if self._one_by_one else {}
        self._producer = self._kafka.producer(max_block_ms=MAX_BLOCK_MS, linger_ms=LINGER_MS, **alone)
        return self._producer

    def _fill(self, producer: KafkaProducer, place: Place, head: int) -> None:
        before = self._window[-1].last if self._window else place.cursor
        while len(self._window) < (1 if self._one_by_one else WINDOW) and before < head:
            found = reading.read_after(self._pool, self.service, before, self._limit)
            crash_point("relay.before-send")
            going = found
            if place.held:
                going = [one for one in found if one.position < place.held.get(one.partition, one.position + 1)]
            spans = self._spans(going) if traces.is_on() else []
            sends = [one.send(producer, self.topic) for one in going]
            last = found[-1].position
            places = [(one.partition, one.position) for one in going]
            self._window.append(_Batch(Place(before, place.held), last, sends, places, spans))
            before = last
            size = sum(len(one.value) for one in found)
            self._limit = max(1, min(BATCH, BATCH_BYTES * len(found) // max(size, 1)))
        if self._window and before >= head:
            with suppress(KafkaTimeoutError):  # slow is no error; failed sends are found when they are settled
                producer.flush(timeout=PATIENCE_S)

    def _spans(self, going: Iterable[Outgoing]) -> list[Any]:
        parents = [found for one in going if (found := one.traceparent) is not None]
        return traces.begin(f"send {self.topic}", parents)

    def _settle(self) -> int:
        """Waits for the oldest batch and saves the cursor behind it; 0 if it takes longer than we are patient."""
        if not self._window:
            return 0
        batch = self._window[0]
        deadline = time.monotonic() + PATIENCE_S
        for number, sent in enumerate(batch.sends):
            if number == len(batch.sends) // 2:
                crash_point("relay.half-acked")
            if sent.succeeded():
                continue
            try:
                sent.get(timeout=max(0.0, deadline - time.monotonic()))
            except KafkaTimeoutError:
                if sent.is_done:  # Kafka's own verdict, not the end of our patience
                    raise
                return 0
        crash_point("relay.before-cursor")
        self._window.popleft()
        traces.end(batch.spans)
        RELAY_PUBLISHED.labels(self.topic).inc(len(batch.sends))
        if not reading.move(self._pool, self.topic, batch.before, Place(batch.last, batch.before.held)):
            self.close()
        return len(batch.sends)

    def _too_large(self) -> dict[int, int]:
        """Of each partition the first position, among those on their way, that Kafka refused for its size."""
        found: dict[int, int] = {}
        for batch in self._window:
            for sent, (partition, position) in zip(batch.sends, batch.places, strict=True):
                if sent.is_done and is_too_large(sent.exception):
                    found.setdefault(partition, position)
        return found
