"""A client of Kafka that soon loses its patience."""

from dataclasses import dataclass
from typing import Any

from chassis.kafka.clients import KafkaProducer, KafkaSettings


@dataclass(frozen=True, slots=True)
class Impatient(KafkaSettings):
    """Gives a message up after two seconds, so that a test need not wait for minutes."""

    def producer(self, **more: Any) -> KafkaProducer:
        quick = {"delivery_timeout_ms": 2_000, "request_timeout_ms": 1_500, "linger_ms": 0}
        return KafkaSettings.producer(self, **(more | quick))
