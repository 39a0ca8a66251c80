"""A store, and a service of its own on Kafka for each test: its topic is made as `phoihop topics apply` makes it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from contracts.topics import EVENT_PARTITIONS, Topic, events_topic
from tests.integration.relay.bus import Bus
from tests.integration.store.conftest import store

__all__ = ["bus", "settings", "store"]


@pytest.fixture
def settings(kafka: dict[str, Any]) -> KafkaSettings:
    """The super user."""
    return KafkaSettings(kafka["bootstrap_servers"], kafka["sasl_plain_username"], kafka["sasl_plain_password"])


@pytest.fixture
def bus(settings: KafkaSettings) -> Iterator[Bus]:
    service = f"svc-{uuid4().hex[:12]}"
    topic = Topic(events_topic(service), EVENT_PARTITIONS, writers=(service,), readers=(service,))
    topics.apply(settings, [topic])
    yield Bus(settings, service, topic)
    admin = settings.admin()
    admin.delete_topics([topic.name])
    admin.close()
