"""Which partition a stream belongs to: Java's default partitioner over the stream id as text."""

import struct
from functools import lru_cache
from uuid import UUID

from contracts.topics import EVENT_PARTITIONS

_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF
_STREAM_KEY = struct.Struct("<9I")
"""A stream id as text has 36 characters: nine words and no rest."""


def murmur2(data: bytes) -> int:
    """MurmurHash2 as in Kafka's `Utils.murmur2`, as an unsigned 32-bit number."""
    length = len(data)
    whole = length & ~3
    words = _STREAM_KEY.unpack(data) if length == 36 else struct.unpack_from(f"<{whole // 4}I", data)
    h = _SEED ^ length
    for word in words:
        k = (word * _M) & _MASK
        k = ((k ^ (k >> 24)) * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    if length > whole:
        h = ((h ^ int.from_bytes(data[whole:], "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=65_536)
def partition_of(stream_id: UUID) -> int:
    """0 … 11: where the stream's events are sent, for ever."""
    return (murmur2(str(stream_id).encode()) & 0x7FFFFFFF) % EVENT_PARTITIONS
