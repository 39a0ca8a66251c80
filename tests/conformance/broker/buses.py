"""The two buses that the suite is run on, steered alike."""

from collections.abc import Sequence
from typing import Any, Protocol

from chassis.consume.broker import Broker
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.memory_broker import MemoryBroker, MemoryCluster
from chassis.kafka.clients import KafkaAdminClient, KafkaProducer, KafkaSettings
from tests.support.waiting import wait_until


class Bus(Protocol):
    def create_topic(self, name: str, partitions: int = 1) -> None: ...

    def delete_topic(self, name: str) -> None: ...

    def send(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> int: ...

    def join(self, group: str | None, topics: Sequence[str]) -> Broker: ...

    def close(self) -> None: ...


class MemoryBus(MemoryCluster):
    def join(self, group: str | None, topics: Sequence[str]) -> Broker:
        return MemoryBroker(self, group, topics)

    def close(self) -> None:
        """Nothing is held open."""


class KafkaBus:
    def __init__(self, client_settings: dict[str, Any]) -> None:
        self._client_settings = client_settings
        self._settings = KafkaSettings(
            client_settings["bootstrap_servers"],
            client_settings["sasl_plain_username"],
            client_settings["sasl_plain_password"],
        )
        self._admin: KafkaAdminClient = self._settings.admin()
        self._producer: KafkaProducer = self._settings.producer(linger_ms=0)
        self._topics: set[str] = set()

    def create_topic(self, name: str, partitions: int = 1) -> None:
        self._admin.create_topics({name: {"num_partitions": partitions}}, wait_for_metadata=True)
        self._topics.add(name)

    def delete_topic(self, name: str) -> None:
        self._admin.delete_topics([name])
        self._topics.discard(name)
        wait_until(lambda: name not in self._admin.list_topics(), 20, f"{name} is gone")

    def send(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> int:
        sent = self._producer.send(topic, value, key=key, headers=list(headers), partition=partition)
        return int(sent.get(timeout=20).offset)

    def join(self, group: str | None, topics: Sequence[str]) -> Broker:
        return KafkaBroker(self._settings, group, topics)

    def close(self) -> None:
        self._producer.close()
        if self._topics:
            self._admin.delete_topics(sorted(self._topics))
        self._admin.close()
