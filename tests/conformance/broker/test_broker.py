"""What every broker behind the port promises. The in-memory twin and the real Kafka pass the same cases."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from uuid import uuid4

import pytest

from chassis.consume.broker import Broker, Partition, Record
from tests.conformance.broker.buses import Bus, KafkaBus, MemoryBus
from tests.support.waiting import wait_until


@pytest.fixture(params=["memory", "kafka"])
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    made = MemoryBus() if request.param == "memory" else KafkaBus(request.getfixturevalue("kafka"))
    yield made
    made.close()


@pytest.fixture
def topic(bus: Bus) -> str:
    name = f"conformance.{uuid4().hex}"
    bus.create_topic(name, 2)
    return name


class Member:
    """A broker together with what it has brought so far."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.held: set[Partition] = set()
        self.records: list[tuple[Partition, Record]] = []

    def poll(self, max_records: int = 500) -> "Member":
        polled = self.broker.poll(0.1, max_records)
        self.held = (self.held - polled.revoked) | polled.assigned
        for partition in polled.assigned:
            self.broker.seek(partition, 0)
        self.records += [
            (partition, record)
            for partition, found in polled.records.items()
            if partition not in polled.assigned
            for record in found
        ]
        return self

    def values(self, partition: Partition) -> list[bytes | None]:
        return [record.value for found, record in self.records if found == partition]


def joined(bus: Bus, topic: str, group: str | None = None) -> Member:
    member = Member(bus.join(group, [topic]))
    wait_until(lambda: member.poll().held, 20, "partitions are assigned")
    return member


def test_a_lone_member_gets_every_partition(bus: Bus, topic: str):
    with closing((member := joined(bus, topic, uuid4().hex)).broker):
        assert member.held == {Partition(topic, 0), Partition(topic, 1)}


def test_without_a_group_every_partition_is_taken(bus: Bus, topic: str):
    with closing((member := joined(bus, topic)).broker):
        assert member.held == {Partition(topic, 0), Partition(topic, 1)}


def test_a_record_arrives_as_it_was_sent(bus: Bus, topic: str):
    headers = [
        ("ce_id", b"1"),
        ("ce_meta", "Hải Dương".encode() * 30),
        ("empty", b""),
        ("x" * 200, b""),
    ]
    offset = bus.send(topic, 1, b'{"a": 1}', key=b"the key", headers=headers)
    with closing((member := joined(bus, topic)).broker):
        wait_until(lambda: member.poll().records, 20, "the record arrives")
        partition, record = member.records[0]
    assert partition == Partition(topic, 1)
    assert (record.offset, record.key, record.value) == (offset, b"the key", b'{"a": 1}')
    assert [(name, value) for name, value in record.headers] == headers


class RawName(str):
    """A header's name that goes onto the wire as bytes that are no text."""

    def encode(self, *_: str) -> bytes:
        return b"ce_\xff"

    def __hash__(self) -> int:
        return hash("ce_\ufffd")

    def __eq__(self, other: object) -> bool:
        return other == "ce_\ufffd"


@pytest.mark.fault("F34")
def test_a_header_whose_name_is_no_text_does_not_stop_the_partition(bus: Bus, topic: str):
    bus.send(topic, 0, b"0", headers=[(RawName("ce_id"), b"1")])
    bus.send(topic, 0, b"1")
    with closing((member := joined(bus, topic)).broker):
        wait_until(lambda: len(member.poll().records) == 2, 20, "both arrive")
    assert [(name, value) for name, value in member.records[0][1].headers] == [("ce_\ufffd", b"1")]


def test_a_record_without_value_or_headers_arrives(bus: Bus, topic: str):
    bus.send(topic, 0, None, key=b"the key")
    with closing((member := joined(bus, topic)).broker):
        wait_until(lambda: member.poll().records, 20, "the record arrives")
        record = member.records[0][1]
    assert (record.key, record.value, list(record.headers)) == (b"the key", None, [])


def send_many(bus: Bus, topic: str, partition: int, values: Sequence[bytes]) -> None:
    for value in values:
        bus.send(topic, partition, value)


def test_a_partition_keeps_its_order_and_polls_bring_no_more_than_asked_for(bus: Bus, topic: str):
    values = [b"%d" % number for number in range(25)]
    send_many(bus, topic, 0, values)
    with closing((member := joined(bus, topic)).broker):

        def arrived() -> bool:
            before = len(member.records)
            member.poll(max_records=10)
            assert len(member.records) - before <= 10
            return len(member.records) >= 25

        wait_until(arrived, 20, "all arrive")
    assert member.values(Partition(topic, 0)) == values


def test_after_a_seek_the_next_record_is_the_one_sought(bus: Bus, topic: str):
    send_many(bus, topic, 0, [b"0", b"1", b"2", b"3"])
    partition = Partition(topic, 0)
    with closing((member := joined(bus, topic)).broker):
        wait_until(lambda: len(member.poll().records) == 4, 20, "all arrive")
        member.records.clear()
        member.broker.seek(partition, 2)
        wait_until(lambda: len(member.poll().records) == 2, 20, "the rest arrives again")
        assert member.values(partition) == [b"2", b"3"]


def test_an_offset_beyond_the_end_leads_to_the_beginning(bus: Bus, topic: str):
    send_many(bus, topic, 0, [b"0", b"1"])
    partition = Partition(topic, 0)
    with closing((member := joined(bus, topic)).broker):
        wait_until(lambda: len(member.poll().records) == 2, 20, "all arrive")
        member.records.clear()
        member.broker.seek(partition, 99)
        wait_until(lambda: len(member.poll().records) == 2, 20, "they arrive again")
        assert member.values(partition) == [b"0", b"1"]


def test_a_paused_partition_is_silent_until_it_is_resumed(bus: Bus, topic: str):
    quiet, loud = Partition(topic, 0), Partition(topic, 1)
    with closing((member := joined(bus, topic)).broker):
        member.broker.pause([quiet])
        bus.send(topic, 0, b"quiet")
        bus.send(topic, 1, b"loud")
        wait_until(lambda: member.poll().records, 20, "the other partition goes on")
        assert member.values(loud) == [b"loud"]
        assert member.poll().values(quiet) == []
        member.broker.resume([quiet])
        wait_until(lambda: member.poll().values(quiet), 20, "the paused one goes on")
        assert member.values(quiet) == [b"quiet"]


def test_pausing_and_seeking_what_is_not_ours_changes_nothing(bus: Bus, topic: str):
    with closing((member := joined(bus, topic)).broker):
        foreign = Partition("conformance.elsewhere", 0)
        member.broker.pause([foreign])
        member.broker.seek(foreign, 3)
        member.broker.resume([foreign])
        bus.send(topic, 0, b"0")
        wait_until(lambda: member.poll().records, 20, "the record arrives")


def test_end_offsets_count_what_was_written(bus: Bus, topic: str):
    send_many(bus, topic, 1, [b"0", b"1", b"2"])
    with closing((member := joined(bus, topic)).broker):
        ends = member.broker.end_offsets([Partition(topic, 0), Partition(topic, 1)])
        assert dict(ends) == {Partition(topic, 0): 0, Partition(topic, 1): 3}
        assert dict(member.broker.end_offsets([])) == {}


def test_two_members_share_the_partitions_and_one_inherits_them(bus: Bus, topic: str):
    group = uuid4().hex
    both = {Partition(topic, 0), Partition(topic, 1)}
    first = joined(bus, topic, group)
    second = Member(bus.join(group, [topic]))

    def shared() -> bool:
        first.poll(), second.poll()
        return len(first.held) == len(second.held) == 1 and first.held | second.held == both

    wait_until(shared, 30, "each has one")
    first.broker.close()
    wait_until(lambda: second.poll().held == both, 30, "the one that stays has both")
    bus.send(topic, 0, b"0")
    wait_until(lambda: second.poll().records, 20, "it gets the records")
    second.broker.close()


def test_a_topic_made_again_has_another_id(bus: Bus, topic: str):
    with closing((member := joined(bus, topic)).broker):
        before = wait_until(lambda: member.poll().broker.topic_id(topic), 20, "its id is known")
        assert member.broker.topic_id("conformance.nowhere") is None
        bus.delete_topic(topic)
        bus.create_topic(topic, 2)

        def changed() -> bool:
            after = member.poll().broker.topic_id(topic)
            return after is not None and after != before

        wait_until(changed, 30, "the new id is known")


def test_a_topic_that_is_gone_has_no_id_and_no_end(bus: Bus, topic: str):
    with closing((member := joined(bus, topic)).broker):
        bus.delete_topic(topic)
        wait_until(lambda: member.poll().broker.topic_id(topic) is None, 30, "it is known to be gone")
        assert dict(member.broker.end_offsets([Partition(topic, 0)])) == {}


def test_what_is_committed_does_not_steer_the_reader(bus: Bus, topic: str):
    group = uuid4().hex
    send_many(bus, topic, 0, [b"0", b"1", b"2"])
    with closing((member := joined(bus, topic, group)).broker):
        wait_until(lambda: len(member.poll().records) == 3, 20, "all arrive")
        member.broker.commit({Partition(topic, 0): 3, Partition(topic, 1): 0})
    with closing((again := joined(bus, topic, group)).broker):
        wait_until(lambda: len(again.poll().records) == 3, 20, "the loop's own seek counts")


def test_closing_twice_is_harmless(bus: Bus, topic: str):
    broker = joined(bus, topic).broker
    broker.close()
    broker.close()
