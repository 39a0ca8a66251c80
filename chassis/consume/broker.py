"""The port to the bus. Kafka is one (`kafka_broker`), the in-memory twin the other (`memory_broker`).

Both pass `tests/conformance/broker`. Offsets of truth live in PostgreSQL: a newly assigned partition yields nothing
useful until the loop has sought it to where its watermark says.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Record(Protocol):
    """One message as it lies on the bus. kafka-python's records are such as they are: nothing is copied."""

    @property
    def offset(self) -> int: ...

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record that was kept elsewhere than on the bus: in memory, or parked."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought: first look at what was revoked and assigned, then at the records."""

    records: Mapping[Partition, Sequence[Record]] = field(default_factory=dict)
    assigned: frozenset[Partition] = frozenset()
    revoked: frozenset[Partition] = frozenset()


class Broker(Protocol):
    """One member of one group. Used by one thread.

    Any method may raise `chassis.consume.failures.Transient` when the bus cannot be reached for now.
    """

    def poll(self, timeout_s: float, max_records: int) -> Polled:
        """Returns at once when there is something, else after `timeout_s` seconds with nothing."""

    def seek(self, partition: Partition, offset: int) -> None:
        """The next poll brings the record at `offset`, or the first after it; below the beginning: the beginning."""

    def pause(self, partitions: Iterable[Partition]) -> None:
        """No records of these until `resume`; membership of the group goes on with each poll."""

    def resume(self, partitions: Iterable[Partition]) -> None: ...

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The offset that the next record written to each will get; topics that are gone are left out."""

    def topic_id(self, topic: str) -> str | None:
        """Changes when a topic is deleted and made again under the same name. None: not known, or no such topic now."""

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Tells the bus how far this group is: for outside tools only, nothing here ever reads it."""

    def close(self) -> None:
        """Leaves the group at once."""
