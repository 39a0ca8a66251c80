"""Recomputes the whole chain from the stored bytes and names the first position that is not what it was.

Reads `copy … (format binary)`: there every field is preceded by its length as unsigned 4-byte big-endian. A digest is
made just so (see digest.py), and an event's part of the row is hashed as it comes. Not for a green process: there COPY
does not work.
"""

import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from chassis.kafka.partition import partition_of
from chassis.store.digest import FIRST_HASH, chain_hash

COPY = """
copy (
    select l.epoch::int8, l.position, l.event_no, l.partition::int8, l.prev,
           (extract(epoch from l.sequenced_at) * 1000000)::int8, l.hash, e.digest,
           e.event_id, e.stream_id, e.version::int8, e.type, e.schema_version::int8, e.data::text, e.metadata::text,
           (extract(epoch from e.occurred_at) * 1000000)::int8, (extract(epoch from e.recorded_at) * 1000000)::int8
    from public.log l left join public.event e on e.event_no = l.event_no order by l.position
) to stdout (format binary)
"""
IN_NO_POSITION = """
select min(event_no), count(*) from public.event e
where not exists (select from public.log l where l.event_no = e.event_no)
  and not exists (select from public.unsequenced u where u.event_no = e.event_no)
"""
EPOCHS = "select no, from_position from public.epoch order by no"
LAST = "select epoch, position, hash from public.log order by position desc limit 1"

_FILE_HEADER = 19
_LOG = struct.Struct(">hIqIqIqIqIqIqI32sI32s")
_LOG_LENGTHS = (8, 8, 8, 8, 8, 8, 32, 32)
_EVENT = struct.Struct(">I16sI16sIq")
_END = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log at some moment, kept outside: proof that nothing before it was cut off or made anew."""

    epoch: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """`events` is how many positions were found to be right, from the first."""

    ok: bool
    events: int
    first_bad_position: int | None = None
    reason: str | None = None


class _Bad(Exception):
    def __init__(self, position: int, reason: str) -> None:
        self.position, self.reason = position, reason


def verify_database(dsn: str, head: Head | None = None) -> Verdict:
    """`verify` on a connection of its own."""
    with closing(psycopg2.connect(dsn, application_name="phoihop audit")) as connection:
        return verify(connection, head)


def verify(connection: Any, head: Head | None = None) -> Verdict:
    """Checks positions, epochs, partitions, prev, times, versions, digests and the chain, in one snapshot.

    `head`: one that was exported before, against which a cut-off tail shows. The connection must be in no transaction.
    """
    connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
    cursor = connection.cursor()
    cursor.execute("set local statement_timeout = 0")
    cursor.execute("set local enable_sort = off")  # rows are to come in the order of the log as they are read
    cursor.execute(EPOCHS)
    walk = _Walk(dict(cursor.fetchall()), head)
    try:
        cursor.copy_expert(COPY, _Sink(walk.row))
        walk.end()
        cursor.execute(IN_NO_POSITION)
        event_no, hidden = cursor.fetchone()
        if hidden:
            raise _Bad(walk.position + 1, f"{hidden} stored events have no position, the first is event_no {event_no}")
    except _Bad as bad:
        return Verdict(False, walk.position, bad.position, bad.reason)
    finally:
        if not connection.closed:
            connection.rollback()
    return Verdict(True, walk.position)


def current_head(cursor: Any) -> Head | None:
    """The end of the log now; None while it is empty."""
    cursor.execute(LAST)
    row = cursor.fetchone()
    return None if row is None else Head(row[0], row[1], bytes(row[2]))


class _Walk:
    """Goes along the log, remembering what the next row must fit to."""

    def __init__(self, epochs: dict[int, int], head: Head | None) -> None:
        self.position = 0
        self._hash = FIRST_HASH
        self._time = -(2**63)
        self._epochs = sorted(((begin, no) for no, begin in epochs.items()), reverse=True)
        self._head = head
        self._last_of_partition: dict[int, int] = {}
        self._versions: dict[bytes, int] = {}
        self._partitions: dict[bytes, int] = {}

    def row(self, row: bytes) -> None:
        """One row of COPY. Raises _Bad."""
        position = self.position + 1
        try:
            _, *pairs = _LOG.unpack_from(row)
        except struct.error:
            raise _Bad(position, "the row is broken, or its event is missing") from None
        lengths, values = tuple(pairs[::2]), pairs[1::2]
        epoch, found, _, partition, prev, time, stored_hash, digest = values
        if found != position:
            raise _Bad(position, f"the position is missing: {found} follows {self.position}")
        if lengths != _LOG_LENGTHS:
            raise _Bad(position, "the event is missing, or a hash has a wrong length")
        event = row[_LOG.size :]
        _, event_id, _, stream, _, version = _EVENT.unpack_from(event)
        if sha256(event).digest() != digest:
            raise _Bad(position, "the event is not what was stored: its digest differs")
        if partition != self._partition_of(stream):
            raise _Bad(position, "the partition is not the stream's")
        if prev != self._last_of_partition.get(partition, 0):
            raise _Bad(position, f"prev is {prev}, not the last position before it in partition {partition}")
        if time < self._time:
            raise _Bad(position, "sequenced_at goes back")
        if epoch != next((no for begin, no in self._epochs if begin <= position), None):
            raise _Bad(position, f"epoch {epoch} was not the one in force")
        expected = chain_hash(self._hash, epoch, position, partition, prev, time, event_id, digest)
        if stored_hash != expected:
            raise _Bad(position, "the hash does not follow from the one before")
        if version != self._versions.get(stream, 0) + 1:
            raise _Bad(position, f"version {version} of its stream comes after {self._versions.get(stream, 0)}")
        self.position, self._hash, self._time = position, expected, time
        self._last_of_partition[partition] = position
        self._versions[stream] = version
        self._compare_with_head(epoch)

    def end(self) -> None:
        """No more rows. Raises _Bad when a head was beyond."""
        if self._head is not None and self._head.position > self.position:
            raise _Bad(
                self.position + 1,
                f"the log was cut off: it ends at {self.position}, the exported head stood at {self._head.position}",
            )

    def _compare_with_head(self, epoch: int) -> None:
        head = self._head
        if head is not None and head.position == self.position and (head.epoch, head.hash) != (epoch, self._hash):
            raise _Bad(self.position, "the log up to here is not the one that was exported")

    def _partition_of(self, stream: bytes) -> int:
        found = self._partitions.get(stream)
        if found is None:
            found = self._partitions[stream] = partition_of(UUID(bytes=stream))
        return found


class _Sink:
    """Hands on rows one by one; libpq delivers each in a piece of its own, the file's header before the first."""

    def __init__(self, row: Callable[[bytes], None]) -> None:
        self._row = row
        self._begun = False

    def write(self, piece: bytes) -> int:
        rest = piece if self._begun else piece[_FILE_HEADER:]
        self._begun = True
        if rest and rest != _END:
            self._row(rest)
        return len(piece)
