"""What other services publish, written to Kafka as their relay would write it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from chassis.kafka.clients import KafkaSettings
from chassis.kafka.partition import partition_of
from contracts.envelope import Envelope, Event, Metadata, to_headers
from contracts.topics import events_topic

SCOPE = "hai-duong"


@dataclass
class OtherService:
    """One service's log: positions without gaps, versions by stream."""

    name: str
    kafka: KafkaSettings
    _position: int = 0
    _last: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _versions: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    @cached_property
    def _producer(self) -> Any:
        return self.kafka.producer(linger_ms=0)

    def publish(self, stream_id: UUID, *events: Event) -> list[Envelope]:
        """The next versions of a stream, sent and confirmed."""
        envelopes = [self._next(stream_id, event) for event in events]
        self.send(*envelopes)
        return envelopes

    def send(self, *envelopes: Envelope) -> None:
        """These very bytes, again if they were sent before."""
        sent = [
            self._producer.send(
                events_topic(self.name),
                key=str(one.stream_id).encode(),
                value=one.data,
                headers=to_headers(one),
                partition=partition_of(one.stream_id),
            )
            for one in envelopes
        ]
        for confirmed in sent:
            confirmed.get(timeout=20)

    def close(self) -> None:
        self._producer.close(timeout=5)

    def _next(self, stream_id: UUID, event: Event) -> Envelope:
        now, partition = datetime.now(UTC), partition_of(stream_id)
        self._position += 1
        self._versions[stream_id] += 1
        meta = Metadata(actor=f"service:{self.name}", correlation_id=uuid4(), causation_id=uuid4())
        envelope = Envelope(
            source=self.name,
            event_id=uuid4(),
            type=event.message_type,
            schema_version=event.schema_version,
            stream_id=stream_id,
            stream_version=self._versions[stream_id],
            scope=SCOPE,
            occurred_at=now,
            sequenced_at=now,
            epoch=1,
            position=self._position,
            prev=self._last[partition],
            meta=meta.model_dump_json().encode(),
            data=event.model_dump_json().encode(),
        )
        self._last[partition] = self._position
        return envelope


def after(envelopes: list[Envelope]) -> str:
    """What `?after=` takes to wait for the last of these."""
    return f"{envelopes[-1].stream_id}@{envelopes[-1].stream_version}"
