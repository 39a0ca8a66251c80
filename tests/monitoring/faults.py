"""Faults that the failure panels must show, each undone when it is left: `with FAULTS["broker stopped"](bench): …`."""

import getpass
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2

from chassis.consume import parked
from chassis.consume.failures import CONSECUTIVE_LIMIT
from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from chassis.postgres.pool import Pool
from chassis.store.sequencer import LOCK
from contracts.topics import events_topic
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.stack import Stack
from tests.faults.world import Isp, World
from tests.support.load import Outcome, Traffic
from tests.support.waiting import wait_until

from kafka.admin import ConfigResource, ConfigResourceType  # isort: skip  # after chassis.kafka

HEALED_S = 60
POISONED = "reporting"
"""Its own topic is read by its own consumers alone."""
PARTITION = 0
SILENT_FOR = timedelta(seconds=3)
NARROW = 4_000
"""Bytes that a topic takes, and less than the long story of one violation."""


@dataclass
class Bench:
    """The stack on which the story was played, and a little world of new companies and agents in it."""

    stack: Stack
    world: World
    _cases: dict[UUID, list[UUID]] = field(default_factory=dict)
    _isp: Isp | None = None

    @property
    def isp(self) -> Isp:
        """An ISP that accepts every webhook, and has agents with open cases."""
        if self._isp is None:
            self._isp = self.world.isp()
            agent = self.world.agent_with_cases([self._isp], cases=4)
            self._cases[self._isp.company.company_id] = agent.cases
        return self._isp

    def demand(self, report_back: timedelta = timedelta(days=20)) -> str:
        """A new order to the ISP; answers its id."""
        body = self.world.round_body(self._cases[self.isp.company.company_id].pop())
        body["report_back_at"] = (datetime.now(UTC) + report_back).isoformat()
        issued = self.world.doors.must(self.world.officer, "/enforcement/v1/termination-rounds", body)
        return str(issued["orders"][0]["order_id"])

    def withdraw(self, order_id: str) -> None:
        assert self.world.withdraw(order_id).outcome is Outcome.OK

    @contextmanager
    def database(self, service: str) -> Iterator[Any]:
        """A cursor of the super user in a transaction that is rolled back at the end."""
        dsn = self.stack.servers.postgres.url("postgres", "postgres-admin", service)
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            yield cursor
            connection.rollback()

    def change(self, service: str, sql: str) -> None:
        with self.database(service) as cursor:
            cursor.execute(sql)
            cursor.connection.commit()

    @property
    def kafka(self) -> KafkaSettings:
        """The bus, as its administrator."""
        kafka = self.stack.servers.kafka
        return KafkaSettings(kafka.bootstrap_servers, ADMIN, kafka.password(ADMIN))

    def ask_for_providers(self) -> None:
        self.world.doors.read(self.world.officer, "/registry/v1/providers")

    def restart(self, service: str) -> None:
        """Ends and starts its `work` process, and waits until it is ready."""
        self.stack.end(f"{service}-work")
        self.stack.launch(service, "work")
        self.stack.wait_ready()


@contextmanager
def frozen_process(bench: Bench) -> Iterator[None]:
    child = bench.stack.child("inspection-work")
    child.send(signal.SIGSTOP)
    try:
        yield
    finally:
        child.send(signal.SIGCONT)


@contextmanager
def broker_stopped(bench: Bench) -> Iterator[None]:
    """Frozen: it keeps its connections and answers nothing. Facts go on to be stored."""
    bench.stack.servers.kafka.pause()
    try:
        bench.world.agent()
        yield
    finally:
        bench.stack.servers.kafka.resume()


@contextmanager
def read_model_closed(bench: Bench) -> Iterator[None]:
    """The register may no longer read its providers; people ask for them all the same."""
    bench.change("registry", "revoke select on read.provider from registry")
    try:
        with Traffic(bench.ask_for_providers, threads=1).running():
            yield
    finally:
        bench.change("registry", "grant select on read.provider to registry")


@contextmanager
def table_locked(bench: Bench) -> Iterator[None]:
    """Somebody's maintenance holds two tables; requests and measures hang until it ends."""
    askers = [threading.Thread(target=bench.ask_for_providers, daemon=True) for _ in range(8)]
    with bench.database("registry") as cursor:
        cursor.execute("lock table read.provider, read.agent in access exclusive mode")
        for asker in askers:
            asker.start()
        yield
    for asker in askers:
        asker.join(HEALED_S)


@contextmanager
def sequencer_held(bench: Bench) -> Iterator[None]:
    with bench.database("registry") as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        bench.world.agent()
        yield


@contextmanager
def event_too_large(bench: Bench) -> Iterator[None]:
    """Somebody narrowed a topic below an event that comes next."""
    topic = ConfigResource(ConfigResourceType.TOPIC, events_topic("inspection"), {topics.LARGEST: str(NARROW)})
    with closing(bench.kafka.admin()) as admin:
        admin.alter_configs([topic])
    try:
        bench.world.inspection_with_violation("Không niêm yết nội quy. " * (NARROW // 20))
        yield
    finally:
        topics.apply(bench.kafka)


@contextmanager
def timers_held(bench: Bench) -> Iterator[None]:
    """The timer of a new order is locked by somebody when its time comes."""
    assert bench.isp
    with bench.database("enforcement") as cursor:
        order_id = bench.demand(SILENT_FOR)
        cursor.execute("select from timer where stream_id = %s for update", (order_id,))
        assert cursor.rowcount > 0, "the order has a timer"
        yield
    bench.withdraw(order_id)


@contextmanager
def consumer_held(bench: Bench) -> Iterator[None]:
    """Somebody holds the watermarks of a consumer of the register; facts go on to arrive."""
    with bench.database("registry") as cursor:
        cursor.execute("select from watermark where consumer like 'registry.views%' for update")
        assert cursor.rowcount > 0, "the consumer has watermarks"
        bench.world.agent()
        yield


@contextmanager
def company_silent(bench: Bench) -> Iterator[None]:
    """It takes the order and does nothing until the report-back has passed."""
    assert bench.isp
    order_id = bench.demand(SILENT_FOR)
    try:
        yield
    finally:
        bench.withdraw(order_id)


@contextmanager
def endpoint_down(bench: Bench) -> Iterator[None]:
    manners = bench.isp.receiver.manners
    bench.isp.receiver.manners = lambda *_: 503
    order_id = bench.demand()
    try:
        yield
    finally:
        bench.isp.receiver.manners = manners
        bench.withdraw(order_id)


@contextmanager
def poison(bench: Bench) -> Iterator[None]:
    """Ten messages that nobody can read on one partition: nine are parked, before the tenth the partition stops.

    A person starts the consumers anew and gives the messages up.
    """
    producer = bench.kafka.producer()
    for number in range(CONSECUTIVE_LIMIT):
        producer.send(events_topic(POISONED), partition=PARTITION, key=b"%d" % number, value=b"{").get(10)
    producer.close()
    try:
        yield
    finally:
        with bench.database(POISONED) as cursor:
            wait_until(lambda: _all_stopped(cursor), HEALED_S, "every consumer has stopped", every_s=0.5)
        bench.restart(POISONED)
        wait_until(lambda: _give_up(bench), HEALED_S, "every consumer has met all of them", every_s=0.5)


def _all_stopped(cursor: Any) -> bool:
    """One that had met none of them when it was started anew would stop once more, with the last one not parked."""
    cursor.execute(
        "select consumer from watermark where topic = %(topic)s and partition = %(partition)s"
        " except select consumer from stopped where topic = %(topic)s and partition = %(partition)s",
        {"topic": events_topic(POISONED), "partition": PARTITION},
    )
    running = cursor.fetchall()
    assert not running, running
    return True


def _give_up(bench: Bench) -> bool:
    """Discards what is parked; true once each consumer has seen the last of them."""
    with (
        closing(Pool(bench.stack.environment(POISONED)[f"DATABASE_URL_{POISONED.upper()}"], 1)) as pool,
        pool.transaction() as cursor,
    ):
        for one in parked.listed(cursor):
            if one.state == "parked":
                parked.discard(cursor, one.no, actor=getpass.getuser(), reason="poison of a test")
        met = Counter(one.consumer for one in parked.listed(cursor, decided=True))
    assert met
    assert set(met.values()) == {CONSECUTIVE_LIMIT}, met
    return True


FAULTS: Mapping[str, Callable[[Bench], AbstractContextManager[None]]] = {
    "frozen process": frozen_process,
    "read model closed": read_model_closed,
    "table locked": table_locked,
    "sequencer held": sequencer_held,
    "timers held": timers_held,
    "company silent": company_silent,
    "endpoint down": endpoint_down,
    "event too large": event_too_large,
    "broker stopped": broker_stopped,
    "poison": poison,
}
