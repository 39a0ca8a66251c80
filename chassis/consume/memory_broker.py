"""The in-memory twin of the bus: topics with ids, partitions as lists, groups that share them out. Single process."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.consume.broker import Partition, Polled, Record, StoredRecord

_ids = itertools.count(1)


@dataclass
class MemoryTopic:
    """Its records by partition, under an id of its own."""

    partitions: list[list[StoredRecord]]
    topic_id: str = field(default_factory=lambda: f"memory-{next(_ids)}")


class MemoryCluster:
    """What brokers of one test share."""

    def __init__(self) -> None:
        self.topics: dict[str, MemoryTopic] = {}
        self.groups: dict[str, list[MemoryBroker]] = {}
        self.committed: dict[tuple[str, Partition], int] = {}

    def create_topic(self, name: str, partitions: int = 1) -> None:
        self.topics[name] = MemoryTopic([[] for _ in range(partitions)])
        for members in self.groups.values():
            self.share_out(members)

    def delete_topic(self, name: str) -> None:
        del self.topics[name]

    def send(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> int:
        """Answers the record's offset."""
        records = self.topics[topic].partitions[partition]
        records.append(StoredRecord(len(records), key, value, list(headers)))
        return len(records) - 1

    def partitions_of(self, topics: Iterable[str]) -> list[Partition]:
        return [
            Partition(name, number)
            for name in sorted(topics)
            if name in self.topics
            for number in range(len(self.topics[name].partitions))
        ]

    def share_out(self, members: Sequence["MemoryBroker"]) -> None:
        """A rebalance: every member loses all and gets its share."""
        for index, member in enumerate(members):
            everything = self.partitions_of(member.topics)
            member.receive(frozenset(everything[index :: len(members)]))


class MemoryBroker:
    """One member; without a group it is assigned everything at once."""

    def __init__(self, cluster: MemoryCluster, group: str | None, topics: Collection[str]) -> None:
        self.topics = tuple(topics)
        self._cluster = cluster
        self._group = group
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._assigned: frozenset[Partition] = frozenset()
        self._revoked: frozenset[Partition] = frozenset()
        self._fresh: frozenset[Partition] = frozenset()
        if group is None:
            self.receive(frozenset(cluster.partitions_of(topics)))
        else:
            members = cluster.groups.setdefault(group, [])
            members.append(self)
            cluster.share_out(members)

    def receive(self, share: frozenset[Partition]) -> None:
        """Called by the cluster: what is this member's from now on."""
        self._revoked |= self._assigned
        self._assigned = self._fresh = share
        self._paused = set()
        self._positions = {
            partition: self._cluster.committed.get((self._group or "", partition), 0) for partition in share
        }

    def poll(self, timeout_s: float, max_records: int) -> Polled:  # noqa: ARG002 - the form of the port
        revoked, assigned = self._revoked, self._fresh
        self._revoked = self._fresh = frozenset()
        found: dict[Partition, Sequence[Record]] = {}
        room = max_records
        for partition in sorted(self._assigned - self._paused):
            topic = self._cluster.topics.get(partition.topic)
            if topic is None or room == 0:
                continue
            begin = self._positions[partition]
            records = topic.partitions[partition.partition]
            if begin > len(records):
                begin = 0
            part = records[begin : begin + room]
            if part:
                found[partition] = part
                self._positions[partition] = part[-1].offset + 1
                room -= len(part)
        return Polled(found, assigned, revoked)

    def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._assigned:
            self._positions[partition] = offset

    def pause(self, partitions: Iterable[Partition]) -> None:
        self._paused |= set(partitions) & self._assigned

    def resume(self, partitions: Iterable[Partition]) -> None:
        self._paused -= set(partitions)

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return {
            partition: len(self._cluster.topics[partition.topic].partitions[partition.partition])
            for partition in partitions
            if partition.topic in self._cluster.topics
        }

    def topic_id(self, topic: str) -> str | None:
        found = self._cluster.topics.get(topic)
        return found.topic_id if found else None

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        if self._group is not None:
            for partition, offset in offsets.items():
                self._cluster.committed[self._group, partition] = offset

    def close(self) -> None:
        if self._group is not None:
            members = self._cluster.groups[self._group]
            members.remove(self)
            self._cluster.share_out(members)
        self._assigned = frozenset()
