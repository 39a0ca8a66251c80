"""What is hashed, to the byte (design, "Digest"): an event's digest and the chain over the log.

Everything is big-endian; integers and times are signed 8 bytes, times in microseconds since 1970-01-01Z; uuids are 16
bytes, text is UTF-8. In a digest each field is preceded by its length as unsigned 4 bytes; in the chain nothing is.
"""

import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

FIRST_HASH = bytes(32)
"""What stands before the first position's hash."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_IDS_AND_VERSION = struct.Struct(">I16sI16sIq")
_LENGTH = struct.Struct(">I")
_NUMBER = struct.Struct(">Iq")
_TIMES = struct.Struct(">IqIq")
_LINK = struct.Struct(">32sqqqqq16s32s")


def microseconds(moment: datetime) -> int:
    """Since 1970-01-01Z. Raises TypeError for a time without a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def request_digest(command: Any) -> bytes:
    """Of a validated command model: sha256 of its type and its JSON. Raises ValueError like `stored_text`.

    Without what has its default: a release that adds an optional field recognizes what came before it.
    """
    body = stored_text(command.model_dump_json(exclude_defaults=True))
    return sha256(f"{command.message_type}\n".encode() + body).digest()


def stored_text(json_text: str) -> bytes:
    """UTF-8 of a JSON text that PostgreSQL can keep and everybody can read back.

    Raises ValueError for U+0000 and lone surrogates, written out or escaped.
    """
    if "\\u" in json_text:
        _refuse_escapes(json_text)
    if "\0" in json_text:
        raise ValueError("text holds the character U+0000")
    return json_text.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError


def _refuse_escapes(json_text: str) -> None:
    place = 0
    while (place := json_text.find("\\", place)) >= 0:
        if json_text[place + 1] == "u":
            code = json_text[place + 2 : place + 6].lower()
            if code == "0000" or code[:2] in {"d8", "d9", "da", "db", "dc", "dd", "de", "df"}:
                raise ValueError(f"text holds the escape \\u{code}, which cannot be stored")
        place += 2


def event_digest(
    event_id: UUID,
    stream_id: UUID,
    version: int,
    type: str,
    schema_version: int,
    data: bytes,
    metadata: bytes,
    occurred_at: datetime,
    recorded_at: datetime,
) -> bytes:
    """sha256 over the nine fields in this order; `data` and `metadata` are the stored bytes."""
    name = type.encode()
    return sha256(
        b"".join(
            (
                _IDS_AND_VERSION.pack(16, event_id.bytes, 16, stream_id.bytes, 8, version),
                _LENGTH.pack(len(name)),
                name,
                _NUMBER.pack(8, schema_version),
                _LENGTH.pack(len(data)),
                data,
                _LENGTH.pack(len(metadata)),
                metadata,
                _TIMES.pack(8, microseconds(occurred_at), 8, microseconds(recorded_at)),
            )
        )
    ).digest()


def chain_hash(
    previous: bytes,
    epoch: int,
    position: int,
    partition: int,
    prev: int,
    sequenced_us: int,
    event_id: bytes,
    digest: bytes,
) -> bytes:
    """The hash of one position over the one before it; `sequenced_us` is microseconds, `event_id` 16 bytes."""
    return sha256(_LINK.pack(previous, epoch, position, partition, prev, sequenced_us, event_id, digest)).digest()
