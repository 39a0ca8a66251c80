"""What surrounds every message: the models' base classes, who and why, and the headers on the wire.

A message's value is the exact text that was stored and hashed. Everything around it travels in headers, as CloudEvents
1.0 in binary mode; `headers_of` and `Envelope.from_kafka` are the only places that know their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

PHOIHOP = UUID("6f1d5f0e-6d0b-5b5e-9a53-2f6c1a0f7c11")
"""The namespace of every name-based id of the system."""

CONTENT_TYPE = ("content-type", b"application/json")
SPEC_VERSION = ("ce_specversion", b"1.0")


class Message(BaseModel):
    """A frozen model with a stable type name and an integer version, both in the class line."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    message_type: ClassVar[str]
    schema_version: ClassVar[int]

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str | None = None, version: int | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if type is not None and version is not None:
            cls.message_type, cls.schema_version = type, version

    def __init_subclass__(cls, *, type: str | None = None, version: int | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)


class Event(Message):
    """A fact, in the past tense. Readers ignore fields they do not know; writers emit declared fields only."""

    model_config = ConfigDict(extra="ignore")


class Command(Message):
    """A request, in the imperative. An unknown field is an error: the sender meant something we would lose."""

    model_config = ConfigDict(extra="forbid")


class Metadata(BaseModel):
    """Who did it, by which power, and what led to it. Stored with every event and sent as `ce_meta`."""

    model_config = ConfigDict(frozen=True)

    actor: str
    """The principal: `officer:dic:le-van-a`, `company:<provider id>`, `agency:ppd`, `service:registry`."""
    agency: str | None = None
    clause: str | None = None
    """The clause that empowers the act; null where the texts are silent and our own policy applies."""
    correlation_id: UUID
    causation_id: UUID
    """The command's id, or the id of the event that was reacted to."""
    traceparent: str | None = None


def follow(previous: "Envelope", actor: str) -> Metadata:
    """The metadata of what `actor` does in answer to `previous`: same correlation and agency, caused by it."""
    before = previous.metadata
    return Metadata(
        actor=actor,
        agency=before.agency,
        clause=before.clause,
        correlation_id=before.correlation_id,
        causation_id=previous.event_id,
        traceparent=before.traceparent,
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sequenced event as every consumer sees it. `data` and `meta` are the stored bytes, UTF-8."""

    source: str
    """The service that wrote it: `registry`."""
    event_id: UUID
    type: str
    schema_version: int
    stream_id: UUID
    stream_version: int
    scope: str
    """The province whose instruments apply: `hai-duong`."""
    occurred_at: datetime
    sequenced_at: datetime
    epoch: int
    position: int
    prev: int
    """The last position before this one in the same partition, 0 if none."""
    meta: bytes
    data: bytes

    @property
    def metadata(self) -> Metadata:
        return Metadata.model_validate_json(self.meta)

    @classmethod
    def from_kafka(cls, headers: Mapping[str, bytes], value: bytes | None) -> Self:
        """Raises MalformedMessage naming the header that is missing or wrong."""
        try:
            return cls(  # by place: of all that is done with a message, naming fourteen arguments is a tenth
                headers["ce_source"].decode().removeprefix("/"),
                UUID(headers["ce_id"].decode()),
                headers["ce_type"].decode(),
                int(headers["ce_dataschema"].rsplit(b":", 1)[1]),
                UUID(headers["ce_subject"].decode()),
                int(headers["ce_streamversion"]),
                headers["ce_province"].decode(),
                datetime.fromisoformat(headers["ce_time"].decode()),
                datetime.fromisoformat(headers["ce_sequencedtime"].decode()),
                int(headers["ce_logepoch"]),
                int(headers["ce_sequence"]),
                int(headers["ce_prev"]),
                headers["ce_meta"],
                value or b"",
            )
        except KeyError as missing:
            raise MalformedMessage(f"header {missing.args[0]} is missing") from None
        except (ValueError, IndexError) as wrong:
            raise MalformedMessage(f"a header cannot be read: {wrong}") from None


class Received(Protocol):
    """An event as a projection or a reaction is given it: what surrounds it, and the model of its fact."""

    @property
    def envelope(self) -> Envelope: ...

    @property
    def event(self) -> Event: ...


class MalformedMessage(ValueError):
    """The headers do not make an event of ours."""


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of an event on Kafka; its value is `data`, its key the stream's id in lower case."""
    return headers_of(
        envelope.source, str(envelope.event_id), envelope.type, envelope.schema_version, str(envelope.stream_id),
        envelope.stream_version, envelope.scope, _time(envelope.occurred_at), _time(envelope.sequenced_at),
        envelope.epoch, envelope.position, envelope.prev, envelope.meta,
    )  # fmt: skip


def headers_of(
    source: str,
    event_id: str,
    kind: str,
    schema_version: int,
    stream_id: str,
    stream_version: int,
    scope: str,
    occurred_at: str,
    sequenced_at: str,
    epoch: int,
    position: int,
    prev: int,
    meta: bytes,
) -> list[tuple[str, bytes]]:
    """What an `Envelope` says, as headers (CloudEvents 1.0, binary mode, with our extension attributes).

    Ids and times are text, as they travel: lower case, 36 characters; UTC with six decimals and `Z`. The relay has them
    from PostgreSQL, and to read them only to write them again would cost more than all headers.
    """
    stream = stream_id.encode()
    type_name, schema = _names_of(kind, schema_version)
    headers = [
        SPEC_VERSION,
        ("ce_id", event_id.encode()),
        ("ce_type", type_name),
        ("ce_source", b"/" + source.encode()),
        ("ce_subject", stream),
        ("ce_time", occurred_at.encode()),
        ("ce_sequencedtime", sequenced_at.encode()),
        ("ce_dataschema", schema),
        ("ce_partitionkey", stream),
        ("ce_sequence", b"%019d" % position),
        ("ce_prev", b"%d" % prev),
        ("ce_logepoch", b"%d" % epoch),
        ("ce_streamversion", b"%d" % stream_version),
        ("ce_province", scope.encode()),
        ("ce_meta", meta),
        CONTENT_TYPE,
    ]
    if b'"traceparent":"' in meta:  # most have none, and reading the metadata costs more than all the rest
        headers.append(("traceparent", (Metadata.model_validate_json(meta).traceparent or "").encode()))
    return headers


@lru_cache(maxsize=1_000)
def _names_of(kind: str, schema_version: int) -> tuple[bytes, bytes]:
    return kind.encode(), f"urn:phoihop:schema:{kind}:{schema_version}".encode()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
