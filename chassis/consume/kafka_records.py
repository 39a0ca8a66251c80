"""How a record is read from the bytes of a fetch: kafka-python's own reader, mended in two places.

A header whose name is no UTF-8 made the whole partition unreadable for ever ("corrupt record"), so that anybody with
the right to write could stop a consumer; here the name is read with replacement characters, and the message gets its
answer. And every event of ours has sixteen headers: reading them with names remembered and small lengths inline takes
half the time, which is most of what a consumer spends on a message before it looks at it.
"""

from typing import Any

import chassis.kafka.clients  # noqa: F401  # first of all: it looks whether half is patched

from kafka.errors import CorruptRecordError  # isort: skip
from kafka.record.default_records import ControlRecord, DefaultRecord, DefaultRecordBatch  # isort: skip
from kafka.record.util import decode_varint  # isort: skip

MOST_NAMES = 10_000
_names: dict[bytes, str] = {}


def install() -> None:
    """Every consumer of this process reads records this way from now on."""
    DefaultRecordBatch._read_msg = read_record


def read_record(batch: Any) -> Any:
    """The next record of a batch (record format 2). Raises CorruptRecordError, ValueError, IndexError."""
    buffer = batch._buffer
    if type(buffer) is not bytes:
        buffer = batch._buffer = bytes(buffer)
    length, place = decode_varint(buffer, batch._pos)
    begin = place
    time_delta, place = decode_varint(buffer, place + 1)  # one byte of attributes, all unused
    offset_delta, place = decode_varint(buffer, place)
    key, place = _bytes(buffer, place)
    value, place = _bytes(buffer, place)
    count, place = decode_varint(buffer, place)
    if count < 0:
        raise CorruptRecordError(f"a record says that it has {count} headers")
    headers = []
    for _ in range(count):
        size = buffer[place]
        if size & 0x81:  # longer than 63 bytes, or negative
            size, place = decode_varint(buffer, place)
            if size < 0:
                raise CorruptRecordError(f"a header's name says that it has {size} bytes")
        else:
            size >>= 1
            place += 1
        name = buffer[place : place + size]
        place += size
        size = buffer[place]
        if size & 0x81:
            size, place = decode_varint(buffer, place)
        else:
            size >>= 1
            place += 1
        if size >= 0:
            text: bytes | None = buffer[place : place + size]
            place += size
        else:
            text = None
        headers.append((_names.get(name) or _remember(name), text))
    if place - begin != length:
        raise CorruptRecordError(f"a record says that it has {length} bytes and has {place - begin}")
    batch._pos = place
    kind = ControlRecord if batch.is_control_batch else DefaultRecord
    append_time = batch.timestamp_type == batch.LOG_APPEND_TIME
    timestamp = batch.max_timestamp if append_time else batch.first_timestamp + time_delta
    return kind(length, batch.base_offset + offset_delta, timestamp, batch.timestamp_type, key, value, headers)


def _bytes(buffer: bytes, place: int) -> tuple[bytes | None, int]:
    size, place = decode_varint(buffer, place)
    return (buffer[place : place + size], place + size) if size >= 0 else (None, place)


def _remember(name: bytes) -> str:
    text = name.decode(errors="replace")
    if len(_names) < MOST_NAMES:
        _names[name] = text
    return text
