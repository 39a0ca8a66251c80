"""Kafka behind the port: one kafka-python consumer, classic group protocol, offsets committed for outside tools only.

The rebalance listener runs on the client's own thread and only takes notes; the loop seeks after the poll that brought
the news, and drops what came with it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from chassis.consume.broker import Partition, Polled
from chassis.consume.failures import BusAway
from chassis.kafka.clients import KafkaError, KafkaSettings

from kafka import ConsumerRebalanceListener, TopicPartition  # isort: skip  # after the look at what is patched
from kafka.structs import OffsetAndMetadata  # isort: skip

SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_MS = 3_000
METADATA_MAX_AGE_MS = 5_000
"""How soon a topic that was deleted and made again is noticed."""
CALL_TIMEOUT_MS = 10_000


class _Notes(ConsumerRebalanceListener):  # type: ignore[misc]  # its base has no types
    """What happened to the assignment since the last poll."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._assigned: set[Partition] = set()
        self._revoked: set[Partition] = set()

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        with self._lock:
            self._assigned |= {Partition(*name) for name in assigned}

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        gone = {Partition(*name) for name in revoked}
        with self._lock:
            self._revoked |= gone
            self._assigned -= gone

    on_partitions_lost = on_partitions_revoked

    def take(self) -> tuple[frozenset[Partition], frozenset[Partition]]:
        with self._lock:
            found = frozenset(self._assigned), frozenset(self._revoked)
            self._assigned, self._revoked = set(), set()
        return found


class _EndedJoin:
    """Stands where kafka-python keeps a join that is on its way, and answers at once what it brought."""

    is_done = False
    """Of one that is done the client does not ask the outcome."""

    def __init__(self, assignment: bytes) -> None:
        self._assignment = assignment

    def add_callback(self, tell: Callable[[bytes], None]) -> None:
        tell(self._assignment)

    def add_errback(self, tell: Callable[[Exception], None]) -> None:
        """It went well."""


class KafkaBroker:
    """Joins `group` for `topics`; without a group it takes every partition by itself.

    The connection is made by the first poll, and again after it was lost: no method fails because Kafka is away but by
    raising BusAway.
    """

    def __init__(self, settings: KafkaSettings, group: str | None, topics: Collection[str], **more: Any) -> None:
        """`more` goes to kafka-python's consumer, for tests."""
        self._make: Callable[[], Any] = lambda: settings.consumer(
            group,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            allow_auto_create_topics=False,
            **more,
        )
        self._group = group
        self._topics = tuple(topics)
        self._client: Any = None
        self._notes = _Notes()

    def poll(self, timeout_s: float, max_records: int) -> Polled:
        """A failure that comes at once is told when the time is over: nobody asks in a circle whoever refuses him."""
        until = time.monotonic() + timeout_s
        try:
            return self._poll(timeout_s, max_records)
        except BusAway:
            time.sleep(max(0.0, until - time.monotonic()))
            raise

    def _poll(self, timeout_s: float, max_records: int) -> Polled:
        with _transient():
            if self._client is None:
                self._connect()
            self._go_on_joining()
            found = self._client.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        assigned, revoked = self._notes.take()
        return Polled({Partition(*name): records for name, records in found.items()}, assigned, revoked)

    def _go_on_joining(self) -> None:
        """kafka-python 3.0.12 loses a join that outlasts one poll in two ways, both without a word.

        If only new metadata had asked for it, it is forgotten: the member gets no partitions and sends no heartbeats
        any more. If it ends between two polls, it is thrown away and begun again, which makes every other member join
        anew: a group whose members are busy between their polls may never come to rest.
        """
        coordinator = self._client._coordinator
        if coordinator is None or not coordinator.rejoining:
            return
        coordinator.request_rejoin()
        join = coordinator._join_task
        if join is not None and join.is_done and join.exception is None:
            coordinator._join_task = _EndedJoin(join.value)

    def seek(self, partition: Partition, offset: int) -> None:
        if self._client is not None and TopicPartition(*partition) in self._client.assignment():
            self._client.seek(TopicPartition(*partition), offset)

    def pause(self, partitions: Iterable[Partition]) -> None:
        if self._client is not None:
            self._client.pause(*self._ours(partitions))

    def resume(self, partitions: Iterable[Partition]) -> None:
        if self._client is not None:
            self._client.resume(*self._ours(partitions))

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        there = [TopicPartition(*name) for name in partitions if self.topic_id(name.topic) is not None]
        if not there:
            return {}
        with _transient():
            found = self._client.end_offsets(there, timeout_ms=CALL_TIMEOUT_MS)
        return {Partition(*name): offset for name, offset in found.items()}

    def topic_id(self, topic: str) -> str | None:
        """As of the client's last look at the cluster, at most five seconds old."""
        if self._client is None:
            return None
        found = self._client._cluster.topic_id(topic)
        return None if found is None or found.int == 0 else str(found)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        if self._client is None or self._group is None:
            return
        ours = {TopicPartition(*name): offset for name, offset in offsets.items()}
        held = self._client.assignment()
        with _transient():
            self._client.commit_async(
                {name: OffsetAndMetadata(offset, "", -1) for name, offset in ours.items() if name in held}
            )

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with _transient():
                client.close(autocommit=False)

    def _connect(self) -> None:
        client = self._make()
        if self._group is not None:
            _remember_what_is_assigned_from(client._coordinator)
            client.subscribe(topics=list(self._topics), listener=self._notes)
        else:
            everything = [
                TopicPartition(topic, number)
                for topic in self._topics
                for number in sorted(client.partitions_for_topic(topic) or ())
            ]
            client.assign(everything)
            self._notes.on_partitions_assigned(everything)
        self._client = client

    def _ours(self, partitions: Iterable[Partition]) -> list[Any]:
        held = self._client.assignment()
        return [name for name in (TopicPartition(*partition) for partition in partitions) if name in held]


def _remember_what_is_assigned_from(coordinator: Any) -> None:
    """The member that assigns joins again when the partitions it knows are others than those it assigned from.

    kafka-python 3.0.12 remembers for that what it knew last, also when it assigned from less: while it may not see a
    topic it assigns none of its partitions, and once it may see it again nothing has changed for it. The group then
    holds nothing for ever and looks well.
    """
    assign = coordinator._perform_assignment

    def assign_and_remember(*asked: Any) -> Any:
        assigned = assign(*asked)
        seen = coordinator._build_metadata_snapshot(coordinator._subscription, coordinator._cluster)
        coordinator._assignment_snapshot = coordinator._metadata_snapshot = seen
        return assigned

    coordinator._perform_assignment = assign_and_remember


@contextmanager
def _transient() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise BusAway(f"{type(error).__name__}: {error}") from error
