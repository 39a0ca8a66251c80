"""The facts of the small province as a consumer is given them."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid5

from chassis.consume.message import Received
from contracts.envelope import Envelope, Event, Metadata
from tests.integration.reporting.province import NOON, SCOPE, uid
from tests.integration.reporting.world import STREAMS


def messages() -> list[Received[Event]]:
    """Service by service, stream by stream."""
    return list(_messages())


def _messages() -> Iterator[Received[Event]]:
    for service, streams in STREAMS.items():
        position = 0
        for stream, events in streams:
            for version, event in enumerate(events, start=1):
                position += 1
                yield message(service, stream, version, event, position)


def message(
    service: str, stream: UUID, version: int, event: Event, position: int, agency: str | None = None
) -> Received[Event]:
    """`sequenced_at` is a second a position after noon."""
    event_id = uuid5(stream, f"{version}")
    metadata = Metadata(
        actor=f"service:{service}", agency=agency, correlation_id=uid("correlation"), causation_id=uid("cause")
    )
    envelope = Envelope(
        source=service,
        event_id=event_id,
        type=event.message_type,
        schema_version=event.schema_version,
        stream_id=stream,
        stream_version=version,
        scope=SCOPE,
        occurred_at=NOON,
        sequenced_at=NOON + timedelta(seconds=position),
        epoch=1,
        position=position,
        prev=0,
        meta=metadata.model_dump_json().encode(),
        data=event.model_dump_json().encode(),
    )
    return Received(envelope, event, f"{service}.events.v1", 0, position)
