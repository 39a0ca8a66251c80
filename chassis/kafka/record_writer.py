"""How records become the bytes of a batch: as kafka-python writes them, but not byte by byte.

An event has sixteen headers. kafka-python walks over them once to know their size and once to write them. Here names
and numbers are looked up, and the pieces are joined by one call; what comes out is the same.
"""

import time
from collections.abc import Sequence
from typing import Any, TypeVar

from chassis.process.patching import is_green

is_green()  # raises when only half is patched: kafka-python would hang without a word

from kafka.record.default_records import DefaultRecordBatchBuilder, DefaultRecordMetadata  # noqa: E402  # after the look at what is patched
from kafka.record.util import encode_varint  # noqa: E402  # after the look at what is patched

Headers = Sequence[tuple[str, bytes | None]]
K = TypeVar("K")

MOST_KNOWN = 10_000
"""Names, and numbers, that are remembered: what comes after is encoded each time."""


class _Known(dict[K, bytes]):
    """What is encoded once, and then found."""

    def keep(self, key: K, encoded: bytes) -> bytes:
        if len(self) < MOST_KNOWN:
            self[key] = encoded
        return encoded


class _Numbers(_Known[int]):
    """As variable-length integers."""

    def __missing__(self, number: int) -> bytes:
        encoded = bytearray()
        encode_varint(number, encoded.append)
        return self.keep(number, bytes(encoded))


class _Names(_Known[str]):
    """Of headers, each after its length."""

    def __missing__(self, name: str) -> bytes:
        text = name.encode()
        return self.keep(name, NUMBERS[len(text)] + text)


NUMBERS = _Numbers()
NAMES = _Names()
ATTRIBUTES = b"\0"
"""What each record begins with; none of its bits is in use."""
NOTHING = NUMBERS[-1]
"""The length of what is not there."""


STOCK_APPEND, STOCK_SIZE_OF = DefaultRecordBatchBuilder.append, DefaultRecordBatchBuilder.size_of


def install() -> None:
    """Every producer of this process writes records this way from now on."""
    DefaultRecordBatchBuilder.append = append
    DefaultRecordBatchBuilder.size_of = staticmethod(size_of)


def append(
    batch: Any, offset: int, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Headers
) -> DefaultRecordMetadata | None:
    """Writes a record (format 2) into a batch. None if there is no room for it; an empty batch has always room."""
    if timestamp is None:
        timestamp = int(time.time() * 1000)
    is_first = batch._first_timestamp is None
    begin = timestamp if is_first else batch._first_timestamp
    pieces = [ATTRIBUTES, NUMBERS[timestamp - begin], NUMBERS[offset]]
    for content in (key, value):
        pieces += (NUMBERS[len(content)], content) if content is not None else (NOTHING,)
    pieces.append(NUMBERS[len(headers)])
    for name, content in headers:
        pieces += (NAMES[name], NUMBERS[len(content)], content) if content is not None else (NAMES[name], NOTHING)
    record = b"".join(pieces)
    length = NUMBERS[len(record)]
    size = len(length) + len(record)
    if not is_first and len(batch._buffer) + size > batch._batch_size:
        return None
    batch._first_timestamp = begin
    batch._max_timestamp = timestamp if is_first else max(batch._max_timestamp, timestamp)
    batch._num_records += 1
    batch._last_offset = offset
    batch._buffer += length
    batch._buffer += record
    return DefaultRecordMetadata(offset, size, timestamp)


def size_of(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Bytes of a record, but for what stands before its key."""
    size = len(NUMBERS[len(headers)])
    for content in (key, value):
        size += _size(content)
    for name, content in headers:
        size += len(NAMES[name]) + _size(content)
    return size


def _size(content: bytes | None) -> int:
    return len(NOTHING) if content is None else len(NUMBERS[len(content)]) + len(content)
