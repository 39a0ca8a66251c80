"""What stands in a topic, and whether that is the log."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.kafka.clients import KafkaSettings, TopicPartition
from chassis.relay.relay import Relay
from contracts.envelope import Envelope
from contracts.topics import Topic
from tests.integration.store.counting import Store
from tests.support.waiting import wait_until

LOG = """
select l.partition, l.epoch, l.position, l.prev, e.event_id, e.stream_id, e.version, e.data::text, e.metadata::text
from log l join event e using (event_no) order by l.position
"""


@dataclass(frozen=True)
class Bus:
    """One service's event topic."""

    settings: KafkaSettings
    service: str
    topic: Topic

    def relay(self, store: Store) -> Relay:
        return Relay(store.pool, self.service, self.settings)

    def records(self, topic: str | None = None) -> list[Any]:
        """Everything in the topic, partition by partition, in its order there."""
        name = topic or self.topic.name
        consumer = self.settings.consumer()
        try:
            places = [TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name))]
            consumer.assign(places)
            ends = consumer.end_offsets(places)
            found: dict[TopicPartition, list[Any]] = defaultdict(list)

            def read_to_the_end() -> bool:
                for place, records in consumer.poll(timeout_ms=200).items():
                    found[place].extend(records)
                return all(consumer.position(place) >= ends[place] for place in places)

            wait_until(read_to_the_end, 20, "the topic was read to its end")
            return [record for place in places for record in found[place]]
        finally:
            consumer.close()

    def envelopes(self) -> list[tuple[int, Envelope]]:
        return [
            (record.partition, Envelope.from_kafka(dict(record.headers), record.value)) for record in self.records()
        ]


def relay_everything(relay: Relay, store: Store, timeout_s: float = 30) -> int:
    """Until the cursor is at the head of the log; answers how many messages were confirmed."""
    confirmed = 0

    def done() -> bool:
        nonlocal confirmed
        confirmed += relay.run_once()
        [(cursor, head)] = store.rows(
            "select (select position from relay_cursor), (select coalesce(max(position), 0) from log)"
        )
        return bool(cursor == head)

    wait_until(done, timeout_s, "the relay reached the head of the log")
    return confirmed


def check_topic_is_the_log(bus: Bus, store: Store) -> int:
    """Nothing lost, nothing else; each message as stored; in order per partition once repetitions are dropped.

    A consumer's rule: apply what follows on what was applied. Overtakings are met again by the resend behind them.
    Answers how many messages were repetitions.
    """
    log = {
        (epoch, position): (partition, prev, event_id, stream, version, data.encode(), meta.encode())
        for partition, epoch, position, prev, event_id, stream, version, data, meta in store.rows(LOG)
    }
    met: set[tuple[int, int]] = set()
    watermarks: dict[int, int] = defaultdict(int)
    applied: dict[UUID, list[int]] = defaultdict(list)
    repetitions = 0
    for partition, envelope in bus.envelopes():
        stamp = (envelope.epoch, envelope.position)
        assert log.get(stamp) == (
            partition,
            envelope.prev,
            envelope.event_id,
            envelope.stream_id,
            envelope.stream_version,
            envelope.data,
            envelope.meta,
        ), f"{stamp} on Kafka is not what the log holds"
        repetitions += stamp in met
        met.add(stamp)
        if envelope.prev <= watermarks[partition] < envelope.position:
            watermarks[partition] = envelope.position
            applied[envelope.stream_id].append(envelope.stream_version)
    assert met == set(log), f"{len(set(log) - met)} events of the log are not on Kafka"
    assert sum(len(versions) for versions in applied.values()) == len(log), "a reader in order would stand at a hole"
    for versions in applied.values():
        assert versions == list(range(1, len(versions) + 1))
    return repetitions
