"""Every measure of `make bench`, with a handful of events, so that none of them rots between two runs.

The two libraries stand in an environment of their own, which only `make bench` installs: here their programs are only
compiled. What needs no more than the drivers runs in our own Python.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ground import Ground
from benchmarks.ledger.bootstrap import SERVICE
from benchmarks.measures import MEASURES, Size
from benchmarks.table import cells
from chassis.kafka.clients import KafkaSettings
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT

LIBRARIES = {
    "eventsourcing_commands": {"count": 1, "seconds": 1.0, "p95_ms": 1.0, "ids": []},
    "faststream_projection": {"count": 1, "seconds": 1.0},
}


class OwnPythonOnly(Ground):
    def peer(self, program: str, **asked: Any) -> dict[str, Any]:
        if program in LIBRARIES:
            file = Path(CHECKOUT, "benchmarks", "peers", f"{program}.py")
            compile(file.read_text(), file, "exec")
            return dict(LIBRARIES[program])
        return self.run(sys.executable, f"benchmarks.peers.{program}", asked)


@pytest.fixture(scope="module")
def ground(servers: Servers, kafka_settings: KafkaSettings) -> Iterator[Ground]:
    yield OwnPythonOnly(servers, events=20)
    admin = kafka_settings.admin()
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(f"{SERVICE}.")])
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(f"{SERVICE}-")])
    admin.close()


@pytest.fixture(scope="module")
def kafka_settings(servers: Servers) -> KafkaSettings:
    found = servers.kafka.client_settings()
    return KafkaSettings(found["bootstrap_servers"], found["sasl_plain_username"], found["sasl_plain_password"])


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_measures_something(ground: Ground, name: str) -> None:
    told: list[str] = []
    rows = MEASURES[name](ground, Size(rounds=1, seconds=0.05), told.append)
    assert rows
    assert all(row.value > 0 and len(row.ours) == 1 for row in rows)
    assert all(cells(row)[0] == row.what for row in rows)
    assert told
