"""What the measures stand on: the two servers on free ports, filled databases and topics, and the measuring programs.

Each measurement is a program of its own, started anew for every round: ours in the Python of the checkout, a peer in
the environment made from `benchmarks/requirements.txt`. While one runs nothing else does.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.ledger.bootstrap import SERVICE, TOPIC
from benchmarks.task import VARIABLE
from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from contracts.topics import EVENT_PARTITIONS, Topic, events_topic
from deploy.local.stack import ports, process, programs
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.servers import Servers
from deploy.local.stack.stack import ready_answer
from deploy.local.stack.state import CHECKOUT, StateFolder, default_root

EMPTY, SEEDED, PEER = "bench_empty", "bench_seeded", "bench_peer"
LIMIT_S = 900
"""For any one program; at the default size none takes a minute."""
FULL_SPEED = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")
"""The local stack compiles little so that it starts quickly; here both sides get a broker that is compiled fully."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the ledger, as the two roles reach it."""

    name: str
    dsn: str
    owner_dsn: str


class Ground:
    """Use inside `standing`. Every method is called from the main thread."""

    def __init__(self, servers: Servers, events: int) -> None:
        self.servers = servers
        self.events = events
        self.streams = max(1, events // 10)
        self._number = 0
        self._is_filled = False

    # programs

    def ours(self, program: str, **asked: Any) -> dict[str, Any]:
        """Runs `benchmarks/ours/<program>.py`; answers what it found. Raises CannotStart."""
        return self.run(sys.executable, f"benchmarks.ours.{program}", asked)

    def peer(self, program: str, **asked: Any) -> dict[str, Any]:
        """Runs `benchmarks/peers/<program>.py` in the peers' environment. Raises CannotStart."""
        python = programs.python_of(StateFolder(default_root()), programs.PEERS)
        return self.run(str(python), f"benchmarks.peers.{program}", asked)

    def run(self, python: str, module: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Starts a measuring program, waits for its end, and reads its last line. Raises CannotStart."""
        asked = {"events": self.events, "streams": self.streams, "kafka": self.servers.kafka.client_settings()} | asked
        child = process.start(
            module.rpartition(".")[2],
            [python, "-m", module],
            self.servers.state,
            environment={VARIABLE: json.dumps(asked)},
            folder=CHECKOUT,
        )
        process.run_to_end(child, LIMIT_S)
        found: dict[str, Any] = json.loads(child.log.read_bytes()[child.log_start :].splitlines()[-1])
        return found

    @contextmanager
    def working(self, database: Database) -> Iterator[None]:
        """The `work` process of the ledger on this database: sequencer, relay, the read model."""
        kafka = self.servers.kafka
        child = process.start(
            "ledger-work",
            [sys.executable, "-m", "benchmarks.ledger", "work"],
            self.servers.state,
            environment={
                "DATABASE_URL_LEDGER": database.dsn,
                "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
                "KAFKA_USERNAME": ADMIN,
                "KAFKA_PASSWORD": kafka.password(ADMIN),
                "PHOIHOP_METRICS_PORT": str(self.servers.ports.metrics["registry"]),
            },
            folder=CHECKOUT,
        )
        try:
            process.wait_ready(child, lambda: not ready_answer(self.servers.ports.metrics["registry"]), 60)
            yield
        finally:
            child.stop(15)

    # databases

    def database(self, template: str) -> Database:
        """A new copy of EMPTY or SEEDED, made the first time it is asked for."""
        if not self.servers.postgres.exists(template):
            self._make_empty() if template == EMPTY else self._make_seeded()
        return self._clone(template)

    def peer_database(self) -> str:
        """The DSN of one database in which the peers make what they need."""
        postgres = self.servers.postgres
        if not postgres.exists(PEER):
            postgres.create_databases([PEER])
        return postgres.dsn(PEER, "owner")

    def drop(self, database: Database) -> None:
        self.servers.postgres.drop(database.name)

    def _clone(self, template: str) -> Database:
        self._number += 1
        name = f"bench_{self._number}"
        self.servers.postgres.clone(template, name, SERVICE)
        return self._named(name)

    def _named(self, name: str) -> Database:
        postgres = self.servers.postgres
        return Database(
            name, postgres.dsn(SERVICE, "serving", database=name), postgres.dsn(SERVICE, "owner", database=name)
        )

    def _make_empty(self) -> None:
        """The ledger migrated, with the tables of its read model."""
        postgres = self.servers.postgres
        postgres.create_databases([SERVICE])
        migrate = process.start(
            "ledger-migrate",
            [sys.executable, "-m", "benchmarks.ledger", "migrate"],
            self.servers.state,
            environment={
                "DATABASE_URL_LEDGER": postgres.dsn(SERVICE),
                "DATABASE_OWNER_URL_LEDGER": postgres.dsn(SERVICE, "owner"),
            },
            folder=CHECKOUT,
        )
        process.run_to_end(migrate, 60)
        postgres.clone(SERVICE, EMPTY, SERVICE)

    def _make_seeded(self) -> None:
        """A log of `events` events, looked at by the planner as a table is that has stood for some minutes."""
        filled = self.database(EMPTY)
        self.events = self.ours("seed", dsn=filled.dsn)["events"]
        with closing(psycopg2.connect(filled.owner_dsn)) as connection:
            connection.autocommit = True
            connection.cursor().execute("vacuum analyze")
        self.servers.postgres.clone(filled.name, SEEDED, SERVICE)
        self.drop(filled)

    # topics

    @property
    def kafka(self) -> KafkaSettings:
        """The super user."""
        kafka = self.servers.kafka
        return KafkaSettings(kafka.bootstrap_servers, ADMIN, kafka.password(ADMIN))

    def topic(self, service: str) -> str:
        """An empty events topic."""
        if service == SERVICE:
            self._is_filled = False
        topic = Topic(events_topic(service), EVENT_PARTITIONS, writers=(), readers=())
        admin = self.kafka.admin()
        try:
            if topic.name in admin.list_topics():
                admin.delete_topics([topic.name])
        finally:
            admin.close()
        topics.apply(self.kafka, [topic])
        return topic.name

    def filled_topic(self) -> str:
        """The whole seeded log on Kafka, sent by the relay unless it is there from before."""
        if not self._is_filled:
            database = self.database(SEEDED)
            self.topic(SERVICE)
            self.ours("relay", dsn=database.dsn, service=SERVICE)
            self.drop(database)
            self._is_filled = True
        return TOPIC


@contextmanager
def standing(events: int) -> Iterator[Ground]:
    """Starts the servers on a state folder of their own, and always stops and removes them."""
    root = default_root()
    state = StateFolder(StateFolder(root).folder("bench") / "run", installed=StateFolder(root).installed)
    state.lock()
    for folder in ("postgres", "kafka"):
        shutil.rmtree(state.root / folder, ignore_errors=True)
    try:
        servers = Servers(state, ports.free())
        servers.kafka.java_options = FULL_SPEED
        with servers:
            yield Ground(servers, events)
    finally:
        shutil.rmtree(Path(state.root), ignore_errors=True)
