"""Producers, consumers and admin clients, made in one place from three values."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chassis.process.patching import is_green

is_green()  # raises at import when only half is patched: kafka-python would hang without a word

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition  # noqa: E402  # after the look at what is patched
from kafka.errors import (  # noqa: E402  # after the look at what is patched
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from chassis.kafka import record_reader, record_writer  # noqa: E402  # after the look at what is patched

__all__ = [
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "KafkaSettings",
    "KafkaTimeoutError",
    "MessageSizeTooLargeError",
    "RecordListTooLargeError",
    "TopicPartition",
    "abandon",
]

record_reader.install()
record_writer.install()

DELIVERY_TIMEOUT_MS = 180_000
LARGEST_MESSAGE = 1_000_000
"""Bytes, the broker's own limit; an event is at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """`bootstrap_servers` is a comma list of host:port. Without a user name connections are plain."""

    bootstrap_servers: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def producer(self, **more: Any) -> KafkaProducer:
        """Idempotent, acks=all, patient for minutes. `more` overrides. Raises KafkaError when nobody answers."""
        settings = {"linger_ms": 5, "batch_size": 131_072, "delivery_timeout_ms": DELIVERY_TIMEOUT_MS} | more
        return KafkaProducer(**(self._connection() | settings), acks="all", enable_idempotence=True)

    def consumer(self, group_id: str | None = None, **more: Any) -> KafkaConsumer:
        """Commits nothing by itself; without a group it is assigned partitions by hand."""
        settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest"} | more
        return KafkaConsumer(**(self._connection() | settings), group_id=group_id)

    def admin(self, **more: Any) -> KafkaAdminClient:
        return KafkaAdminClient(**(self._connection() | more))

    def _connection(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "client_id": "phoihop",
            "reconnect_backoff_max_ms": 1000,  # the default keeps a client away 14 s after the broker is back
            "bootstrap_timeout_ms": 10_000,
        }
        if self.username:
            settings |= {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return settings


def abandon(producer: KafkaProducer) -> None:
    """Closes a producer without sending what it still holds.

    `close(timeout=0)` would make every buffered record ready first: after a failed send that is how later records reach
    the broker before the one that failed is sent again.
    """
    producer._sender.force_close()
    producer._sender.join(5)
    with suppress(KafkaError):
        producer.close(timeout=0)
