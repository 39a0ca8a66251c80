"""From a record of the bus to something a consumer can deal with: as little work as the message's fate needs.

Every record costs three integers for its place in the order. Its type is looked up by the header bytes; only what the
consumer wants becomes an envelope and a model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from chassis.consume.broker import Partition, Record
from chassis.consume.failures import Stop
from chassis.consume.message import Received
from chassis.consume.order import Stamp
from contracts.catalogue import TypeKey
from contracts.envelope import Envelope, Event, MalformedMessage

Headers = Mapping[str, bytes]
UUID_TEXT = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PASSED_OVER: Final = None


class Unreadable(Exception):
    """The message can never be dealt with as it is: it is parked. `reason` is a short code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class Item:
    """A message that the order machine has judged to be dealt with. `wanted` is None when it is passed over."""

    partition: Partition
    record: Record
    stamp: Stamp
    stream: str
    version: int | None
    wanted: Any = None


def headers_of(record: Record) -> Headers:
    """By name; a header without a value counts as missing, of several with one name the last counts."""
    found: dict[str, Any] = dict(record.headers)
    if None in found.values():
        return {name: value for name, value in found.items() if value is not None}
    return found


class EventReader:
    """Reads event topics: position and prev order them, `wants` says what the consumer deals with."""

    offset_counts = False

    def __init__(self, catalogue: Mapping[TypeKey, type[Event]], wants: Iterable[type[Event]]) -> None:
        self._catalogue = catalogue
        self._wants = frozenset(wants)
        self._known: dict[tuple[bytes, bytes], type[Event] | None] = {}

    def stamp(self, record: Record, headers: Headers) -> Stamp:  # noqa: ARG002 - the form of the port
        """Raises Unreadable: then the message belongs to no log."""
        try:
            return Stamp(int(headers["ce_logepoch"]), int(headers["ce_sequence"]), int(headers["ce_prev"]))
        except KeyError as missing:
            raise Unreadable("malformed", f"header {missing.args[0]} is missing") from None
        except ValueError as wrong:
            raise Unreadable("malformed", f"its place in the log cannot be read: {wrong}") from None

    def is_wanted(self, headers: Headers) -> bool:
        """Cheap: whether dealing with the message will do something. Says yes when it cannot know."""
        try:
            return self._model(headers) is not PASSED_OVER
        except (Unreadable, Stop):
            return True

    def read(self, partition: Partition, record: Record, headers: Headers, stamp: Stamp, topic_id: str) -> Item:
        """Stream and version; `wanted` is left to `fill`."""
        subject = headers.get("ce_subject", b"")
        try:
            if UUID_TEXT.fullmatch(subject):
                return Item(partition, record, stamp, subject.decode(), int(headers["ce_streamversion"]))
        except (KeyError, ValueError):
            pass
        key = record.key.decode(errors="replace") if record.key else ""
        return Item(partition, record, stamp, key or f"{topic_id}/{partition.partition}/{record.offset}", None)

    def fill(self, item: Item, headers: Headers) -> None:
        """Makes `wanted` if the consumer wants it. Raises Unreadable; Stop for a type that the catalogue lacks."""
        model = self._model(headers)
        if model is PASSED_OVER:
            if item.version is None:
                raise Unreadable("malformed", "its stream or its version cannot be read")
            return
        partition, record = item.partition, item.record
        try:
            envelope = Envelope.from_kafka(headers, record.value)
            event = model.model_validate_json(envelope.data)
        except MalformedMessage as wrong:
            raise Unreadable("malformed", str(wrong)) from None
        except ValidationError as wrong:
            raise Unreadable("invalid", described(wrong)) from None
        item.wanted = Received(envelope, event, partition.topic, partition.partition, record.offset)

    def _model(self, headers: Headers) -> type[Event] | None:
        key = (headers.get("ce_type", b""), headers.get("ce_dataschema", b""))
        try:
            return self._known[key]
        except KeyError:
            return self._known.setdefault(key, self._look_up(*key))

    def _look_up(self, kind: bytes, schema: bytes) -> type[Event] | None:
        try:
            name, version = kind.decode(), int(schema.rsplit(b":", 1)[1])
        except (ValueError, IndexError):
            raise Unreadable("malformed", "its type or the version of its schema cannot be read") from None
        model = self._catalogue.get((name, version))
        if model is None:
            raise Stop("unknown-type", f"{name} version {version} is not in the catalogue: upgrade this service first")
        return model if model in self._wants else PASSED_OVER


def described(wrong: ValidationError) -> str:
    """Places and reasons of what pydantic found, on one line, without the values."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'the message'}: {error['msg']}" for error in wrong.errors()[:10]
    )
