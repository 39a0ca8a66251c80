"""The counter's `work` process on the real servers: started, killed, watched, and held against its log."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID, uuid4

from chassis.consume import views
from chassis.identity.principal import service
from chassis.kafka.clients import KafkaSettings
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from tests.conformance.counter.bootstrap import consumers, count
from tests.conformance.counter.domain import Count
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

TOPIC = "counter.events.v1"
CHECKOUT = Path(__file__).parents[3]


class Running:
    """One `python -m tests.conformance.counter work`."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.conformance.counter", "work"],
                env=environment | {"PHOIHOP_METRICS_PORT": str(self.port)},
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
            )

    def door(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:  # our own process
            return str(answer.read().decode())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self, limit_s: float = 15) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit_s)

    def ends_by_itself(self, limit_s: float = 30) -> int:
        wait_until(lambda: self.process.poll() is not None, limit_s, f"the process ends ({self.log})")
        return self.process.returncode


class CounterService:
    """Its database and topic, both new, and every process that was started on them."""

    def __init__(self, database: Database, kafka: dict[str, Any], folder: Path) -> None:
        self._folder = folder
        [self.consumer] = consumers(Settings("counter"))
        self.kafka = KafkaSettings(
            kafka["bootstrap_servers"], kafka["sasl_plain_username"], kafka["sasl_plain_password"]
        )
        migrate.apply(database.owner_dsn, database.serving_role, CHASSIS_MIGRATIONS)
        owner = Pool(database.owner_dsn, size=1)
        with owner.transaction() as cursor:
            views.install(cursor, database.serving_role, [self.consumer])
        owner.close()
        self.pool = Pool(database.dsn, size=4)
        self.commands = Commands({Count: count}, lambda **_: None, CLOCKS, "hai-duong", "counter")
        self.environment = os.environ | {
            "DATABASE_URL_COUNTER": database.dsn,
            "KAFKA_BOOTSTRAP_SERVERS": kafka["bootstrap_servers"],
            "KAFKA_USERNAME": kafka["sasl_plain_username"],
            "KAFKA_PASSWORD": kafka["sasl_plain_password"],
        }
        self.environment.pop("PHOIHOP_CRASH_AT", None)
        self.told: list[tuple[UUID, int]] = []
        """(counter, by) of every command that was accepted, as its sender was told."""
        self._running: list[Running] = []
        self._make_topic()

    def _make_topic(self) -> None:
        admin = self.kafka.admin()
        try:
            if TOPIC in admin.list_topics():
                admin.delete_topics([TOPIC])
                wait_until(lambda: TOPIC not in admin.list_topics(), 20, "the old topic is gone")
            admin.create_topics({TOPIC: {"num_partitions": 12}}, wait_for_metadata=True)
        finally:
            admin.close()

    def start(self, **environment: str) -> Running:
        running = Running(self.environment | environment, self._folder / f"work-{len(self._running)}.log")
        self._running.append(running)
        return running

    def count(self, counter: UUID | None = None, by: int = 1) -> UUID:
        counter = counter or uuid4()
        self.commands.execute(self.pool, Count(counter_id=counter, by=by), principal=service("counter"), key=uuid4())
        self.told.append((counter, by))
        return counter

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.pool.transaction() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()

    def caught_up(self, version: int = 1) -> bool:
        """This version of the read model has seen the whole log."""
        [(behind,)] = self.rows(
            "select count(*) from stream s left join seen n "
            "on n.stream_id = s.stream_id and n.consumer = %s where coalesce(n.version, 0) < s.version",
            f"counter.views@{version}",
        )
        return bool(behind == 0)

    def check(self) -> None:
        """What was told against the log, the log against the read model: nothing lost, doubled or out of order."""
        told: dict[UUID, tuple[int, int]] = {}
        for counter, by in self.told:
            total, facts = told.get(counter, (0, 0))
            told[counter] = (total + by, facts + 1)
        log = self.rows(
            "select stream_id, sum((data->>'by')::int), count(*), max(version) from event group by stream_id"
        )
        assert {counter: (total, facts) for counter, total, facts, _ in log} == told
        assert all(facts == version for _, _, facts, version in log)
        read = self.rows("select counter_id, total, applied, version from total")
        assert {counter: (total, applied) for counter, total, applied, _ in read} == told
        assert all(applied == version for _, _, applied, version in read)
        assert self.rows("select count(*) from parked") == [(0,)]

    def end(self) -> None:
        for running in self._running:
            if running.process.poll() is None:
                running.kill()
        self.pool.close()
