"""A bench for each test: a database of its own and a topic of its own."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from chassis.kafka.clients import KafkaSettings
from tests.conformance.broker.buses import KafkaBus
from tests.faults.messages.bench import Bench, prepare
from tests.support.stack_fixture import Databases


@pytest.fixture
def bench(databases: Databases, kafka: dict[str, Any]) -> Iterator[Bench]:
    database = databases.copy_of("registry_bench", prepare, "registry")
    settings = KafkaSettings(kafka["bootstrap_servers"], kafka["sasl_plain_username"], kafka["sasl_plain_password"])
    with closing(KafkaBus(kafka)) as bus, closing(Bench(database, settings, bus)) as made:
        yield made
    databases.drop(database)
