"""How records are read from the bytes of a fetch: kafka-python's own reader, mended in one place and quicker in two.

A header whose name is no UTF-8 made the whole partition unreadable for ever ("corrupt record"), so that anybody with
the right to write could stop a consumer; here the name is read with replacement characters, and the message gets its
answer. Every event of ours has sixteen headers, and those of one type nearly always lie in the same places: where the
bytes between the values are those of an earlier record (`Layout`), all values are cut out by one call. And the records
of a batch are made without asking each for the size of its headers. Reading was most of what a consumer spends on a
message before it looks at it.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from chassis.process.patching import is_green

is_green()  # raises when only half is patched: kafka-python would hang without a word

from kafka.consumer.fetcher import ConsumerRecord, Fetcher  # noqa: E402  # after the look at what is patched
from kafka.errors import CorruptRecordError  # noqa: E402  # after the look at what is patched
from kafka.record.default_records import ControlRecord, DefaultRecord, DefaultRecordBatch  # noqa: E402  # after the look at what is patched
from kafka.record.util import decode_varint  # noqa: E402  # after the look at what is patched

FORMAT = 2
"""The only record format that Kafka 4 writes."""
MOST_LENGTHS = 2_000
"""Of headers whose layouts are remembered: beyond, all are forgotten, so that strange records fill no memory."""
MOST_HEADERS, LONGEST_NAMES = 64, 4_096
"""Of a record, and bytes of all their names: what has more is read and not remembered."""
LAYOUTS_A_LENGTH = 4
"""The newest: types of event whose headers happen to be equally long do not push each other out."""
Headers = list[tuple[str, bytes | None]]


class Layout(NamedTuple):
    """Where the values of a record's headers lie, and the bytes that must stand between them."""

    cut: struct.Struct
    """Cuts the bytes of all headers into what stands before a value, the value, what stands before the next one, …"""
    between: tuple[bytes, ...]
    names: tuple[str, ...]


class Raw(NamedTuple):
    """One record as it lies in a batch."""

    end: int
    size: int
    time_delta: int
    offset_delta: int
    key: bytes | None
    value: bytes | None
    headers: Headers


_layouts: dict[int, list[Layout]] = {}
"""By the length of all headers, newest first."""
_stock_unpack = Fetcher.PartitionRecords._unpack_records


def install() -> None:
    """Every consumer of this process reads records this way from now on."""
    DefaultRecordBatch._read_msg = read_record
    Fetcher.PartitionRecords._unpack_records = unpack


def unpack(
    part: Any, partition: Any, records: Any, key_deserializer: Any, value_deserializer: Any
) -> Iterator[ConsumerRecord]:
    """The records of one partition in one fetch. Raises CorruptRecordError.

    Deserializers and transactions are left to kafka-python: our consumers have none.
    """
    if key_deserializer or value_deserializer or part.aborted_transactions:
        yield from _stock_unpack(part, partition, records, key_deserializer, value_deserializer)
        return
    try:
        yield from _unpack(part, partition.topic, partition.partition, records)
    finally:
        part.drain()  # after an error too: what looks full and yields nothing is asked in a circle without end


def _unpack(part: Any, topic: str, number: int, records: Any) -> Iterator[ConsumerRecord]:
    while (batch := records.next_batch()) is not None:
        if batch.magic != FORMAT:
            raise CorruptRecordError(f"a batch of record format {batch.magic} in {topic}/{number}")
        if part.check_crcs and not batch.validate_crc():
            raise CorruptRecordError(f"the batch at {topic}/{number}/{batch.base_offset} does not match its checksum")
        part.leader_epoch = batch.leader_epoch
        if not _can_be_unpacked(batch):
            yield ConsumerRecord(
                topic, number, batch.leader_epoch, batch.next_offset - 1, batch.max_timestamp, batch.timestamp_type,
                None, None, [], None, -1, -1, -1,
            )  # fmt: skip
        elif not batch.is_control_batch:
            kind, first, epoch = batch.timestamp_type, batch.base_offset, batch.leader_epoch
            append_time = batch.max_timestamp if kind == batch.LOG_APPEND_TIME else None
            begin = batch.first_timestamp
            for _, size, time_delta, offset_delta, key, value, headers in _read_batch(batch):
                offset = first + offset_delta
                part.records_read += 1
                part.bytes_read += size
                part.next_fetch_offset = offset + 1
                timestamp = begin + time_delta if append_time is None else append_time
                yield ConsumerRecord(
                    topic, number, epoch, offset, timestamp, kind, key, value, headers, None, -1, -1, -1
                )
        part.next_fetch_offset = batch.next_offset  # what was compacted away is not asked for again


def _can_be_unpacked(batch: Any) -> bool:
    """Somebody may have packed it in a way that is not read here: then one empty record stands for all of it, and gets
    the answer that an unreadable message gets.
    """
    try:
        batch._maybe_uncompress()
    except Exception:
        return False
    return True


def read_record(batch: Any) -> Any:
    """The next record of a batch (record format 2). Raises CorruptRecordError, ValueError, IndexError."""
    raw = _read(_buffer_of(batch), batch._pos)
    batch._pos = raw.end
    kind = ControlRecord if batch.is_control_batch else DefaultRecord
    append_time = batch.timestamp_type == batch.LOG_APPEND_TIME
    timestamp = batch.max_timestamp if append_time else batch.first_timestamp + raw.time_delta
    offset = batch.base_offset + raw.offset_delta
    return kind(raw.size, offset, timestamp, batch.timestamp_type, raw.key, raw.value, raw.headers)


def _read_batch(batch: Any) -> Iterator[Raw]:
    batch._maybe_uncompress()
    buffer, place = _buffer_of(batch), batch._pos
    for _ in range(batch.records_count):
        try:
            raw = _read(buffer, place)
        except (ValueError, IndexError) as wrong:
            raise CorruptRecordError(f"a record cannot be read: {wrong}") from None
        place = raw[0]
        yield raw
    if place != len(buffer):
        raise CorruptRecordError(f"{len(buffer) - place} bytes are left after the last record")


def _buffer_of(batch: Any) -> bytes:
    buffer = batch._buffer
    if type(buffer) is not bytes:
        buffer = batch._buffer = bytes(buffer)
    return buffer


def _read(buffer: bytes, place: int) -> Raw:
    """The record that begins at `place`. Raises CorruptRecordError, ValueError, IndexError."""
    length, place = decode_varint(buffer, place)
    end = place + length
    time_delta, place = decode_varint(buffer, place + 1)  # one byte of attributes, all unused
    offset_delta, place = decode_varint(buffer, place)
    key, place = _bytes(buffer, place)
    value, place = _bytes(buffer, place)
    for layout in _layouts.get(end - place, ()):
        try:
            found = layout.cut.unpack_from(buffer, place)
        except struct.error:
            break
        if found[::2] == layout.between:
            headers: Headers = list(zip(layout.names, found[1::2], strict=True))
            return Raw(end, length, time_delta, offset_delta, key, value, headers)
    headers, after = _read_headers(buffer, place, end)
    if after != end:
        raise CorruptRecordError(f"a record says that it has {length} bytes and has {after - end + length}")
    return Raw(end, length, time_delta, offset_delta, key, value, headers)


def _read_headers(buffer: bytes, begin: int, end: int) -> tuple[Headers, int]:
    """One by one, and remembered for records like this one. Answers where the next record begins, too."""
    count, place = decode_varint(buffer, begin)
    if count < 0:
        raise CorruptRecordError(f"a record says that it has {count} headers")
    headers: Headers = []
    between: list[bytes] = []
    since = begin
    for _ in range(count):
        size, place = decode_varint(buffer, place)
        if size < 0:
            raise CorruptRecordError(f"a header's name says that it has {size} bytes")
        name = buffer[place : place + size].decode(errors="replace")
        size, place = decode_varint(buffer, place + size)
        between.append(buffer[since:place])
        if size < 0:
            headers.append((name, None))
        else:
            headers.append((name, buffer[place : place + size]))
            place += size
        since = place
    if headers and place == end and all(value is not None for _, value in headers):
        _remember(end - begin, between, headers)
    return headers, place


def _remember(length: int, between: list[bytes], headers: Headers) -> None:
    if len(between) > MOST_HEADERS or sum(map(len, between)) > LONGEST_NAMES:
        return
    sizes = "".join(f"{len(gap)}s{len(value or b'')}s" for gap, (_, value) in zip(between, headers, strict=True))
    layout = Layout(struct.Struct(sizes), tuple(between), tuple(name for name, _ in headers))
    if len(_layouts) >= MOST_LENGTHS:
        _layouts.clear()
    known = _layouts.setdefault(length, [])
    known.insert(0, layout)
    del known[LAYOUTS_A_LENGTH:]


def _bytes(buffer: bytes, place: int) -> tuple[bytes | None, int]:
    size, place = decode_varint(buffer, place)
    return (buffer[place : place + size], place + size) if size >= 0 else (None, place)
