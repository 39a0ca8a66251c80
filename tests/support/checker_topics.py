"""What lies on Kafka, held against the log: every event is there, byte for byte, in an order from which the log's own
order can be read, and nothing else is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from chassis.kafka.clients import KafkaSettings, TopicPartition
from contracts.envelope import to_headers
from tests.support.checker_log import CheckedService, Fact
from tests.support.waiting import wait_until

READ_LIMIT_S = 240


@dataclass
class Witness:
    """Remembers what was met in one topic, so that each check reads only what is new."""

    topic: str
    offsets: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """By partition: where to read on."""
    due: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """By partition: how many of the log's events there were met in the log's order."""
    copies: Counter[int] = field(default_factory=Counter)
    """How often each position was met."""

    @property
    def duplicates(self) -> int:
        return sum(self.copies.values()) - len(self.copies)

    def differences(self, service: CheckedService, records: Iterable[Any]) -> list[str]:
        """What is wrong with these further records, and what is missing after them."""
        by_position = {fact.position: fact for fact in service.facts}
        of_partition: dict[int, list[int]] = defaultdict(list)
        for fact in service.facts:
            of_partition[fact.partition].append(fact.position)
        found = []
        for record in records:
            position = _position(record)
            if (known := by_position.get(position)) is None:
                found.append(f"{_place(record)}: no event of the log is at position {position}")
                continue
            found += [f"{_place(record)}: {what}" for what in _wrong(record, known)]
            self.copies[position] += 1
            order, met = of_partition[record.partition], self.due[record.partition]
            if met < len(order) and order[met] == position:
                self.due[record.partition] = met + 1
        for partition, order in of_partition.items():
            if self.due[partition] < len(order):
                missing = order[self.due[partition]]
                found.append(f"{self.topic}/{partition}: position {missing} is missing, or came before an earlier one")
        return found


def new_records(kafka: KafkaSettings, witnesses: Iterable[Witness]) -> Mapping[str, list[Any]]:
    """What was appended to their topics since they last looked, by topic."""
    known = {witness.topic: witness for witness in witnesses}
    found: dict[str, list[Any]] = {topic: [] for topic in known}
    with closing(kafka.consumer()) as consumer:
        places = [
            TopicPartition(topic, number) for topic in known for number in sorted(consumer.partitions_for_topic(topic))
        ]
        ends = consumer.end_offsets(places)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, known[place.topic].offsets[place.partition])

        def caught_up() -> bool:
            for place, records in consumer.poll(timeout_ms=200, max_records=5_000).items():
                found[place.topic] += records
            return all(consumer.position(place) >= ends[place] for place in places)

        wait_until(caught_up, READ_LIMIT_S, "the topics are read to their ends")
        for place in places:
            known[place.topic].offsets[place.partition] = consumer.position(place)
    return found


def _wrong(record: Any, fact: Fact) -> list[str]:
    envelope, headers = fact.envelope, dict(record.headers)
    stream = str(envelope.stream_id).encode()
    expected = {
        "key": (stream, record.key),
        "value": (envelope.data, record.value),
        "partition": (fact.partition, record.partition),
    }
    expected |= {name: (wanted, headers.get(name)) for name, wanted in to_headers(envelope)}
    return [f"{name} is {was!r}, the log says {want!r}" for name, (want, was) in expected.items() if want != was]


def _position(record: Any) -> int:
    """-1 for a record that is none of ours."""
    try:
        return int(dict(record.headers)["ce_sequence"])
    except (KeyError, ValueError):
        return -1


def _place(record: Any) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
