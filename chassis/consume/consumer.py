"""What a consumer is: a name, topics, and a member that deals with the messages."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.consume.broker import Partition, Record
from chassis.consume.order import Stamp
from chassis.consume.projection import Projection
from chassis.consume.reading import EventReader, Headers, Item
from contracts.catalogue import TypeKey
from contracts.envelope import Event
from contracts.sql import Cursor


class Reader(Protocol):
    """How records of the consumer's topics are read; `EventReader` and `CommandReader` are such."""

    @property
    def offset_counts(self) -> bool:
        """Whether the Kafka offset is the watermark (command topics)."""

    def stamp(self, record: Record, headers: Headers) -> Stamp: ...

    def is_wanted(self, headers: Headers) -> bool: ...

    def read(self, partition: Partition, record: Record, headers: Headers, stamp: Stamp, topic_id: str) -> Item: ...

    def fill(self, item: Item, headers: Headers) -> None: ...


class Member(Protocol):
    """What the loop drives. It writes through the cursor it is given, never commits, and calls nobody outside."""

    @property
    def batched(self) -> bool:
        """Several messages in one transaction, or one transaction a message."""

    @property
    def versioned(self) -> bool:
        """Whether it has tables of its own that can be rebuilt beside the live ones."""

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> Reader: ...

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Any]) -> None:
        """`batch` holds what the reader filled in, in order; `consumer` is the plain name.

        Transient failures pass through; anything else it raises parks the message.
        """


@dataclass(frozen=True)
class Consumer:
    """`name` is `<service>.<what>`; it names the Kafka group, the watermarks and the metrics."""

    name: str
    topics: tuple[str, ...]
    member: Member


class Projections:
    """Read models that are rebuilt together: `Projections([Agents(), Lines()])`."""

    batched = True
    versioned = True

    def __init__(self, projections: Sequence[Projection]) -> None:
        self.projections = tuple(projections)
        self._by_type: dict[type[Event], list[int]] = {}
        for index, projection in enumerate(self.projections):
            for kind in projection.wants:
                self._by_type.setdefault(kind, []).append(index)

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(table for projection in self.projections for table in projection.tables)

    @property
    def ddl(self) -> str:
        return "\n".join(projection.ddl for projection in self.projections)

    @property
    def definition(self) -> bytes:
        """sha256 of the tables' SQL: tables made from another text need a rebuild."""
        return hashlib.sha256(self.ddl.encode()).digest()

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> EventReader:
        return EventReader(catalogue, self._by_type)

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Any]) -> None:  # noqa: ARG002 - the form of the port
        parts: list[list[Any]] = [[] for _ in self.projections]
        for received in batch:
            for index in self._by_type[type(received.event)]:
                parts[index].append(received)
        for projection, part in zip(self.projections, parts, strict=True):
            if part:
                projection.apply(cursor, part)
