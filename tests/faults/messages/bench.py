"""registry's own read models on a real PostgreSQL and a topic of the test's own, which the test fills as it likes."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from chassis.consume import parked, views
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.loop import ConsumerLoop
from chassis.identity.principal import officer
from chassis.kafka.clients import KafkaSettings
from chassis.kafka.partition import partition_of
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.relay.reading import read_after
from chassis.settings import Settings
from chassis.store.sequencer import Sequencer
from contracts.commands.registry import RegisterAgent, RegisterProvider, SignAgencyContract
from contracts.envelope import Command, Envelope, to_headers
from services.registry import bootstrap
from services.registry.domain.natural_keys import agent_id
from services.registry.projections.agents import Agents
from tests.conformance.broker.buses import KafkaBus
from tests.support.checker import Checker
from tests.support.checker_log import CheckedService
from tests.support.load import History
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

SCOPE = "hai-duong"
OFFICER = officer("dic", "le-van-a", "officer")
SIGNED_ON = date(2026, 1, 5)
VIEWS = "registry.views"
PARTITIONS = 12
CURSOR = """
insert into relay_cursor (topic, position) values (%s, %s)
on conflict (topic) do update set position = excluded.position
"""

Fact = tuple[int, Envelope]
"""An event of the log and its partition."""


def settings() -> Settings:
    return Settings("registry", scope=SCOPE)


def read_models(agents: Agents | None = None) -> Projections:
    """registry's, with another form of the agents' one if given."""
    (member,) = (one.member for one in bootstrap.consumers(settings()) if one.name == VIEWS)
    assert isinstance(member, Projections)
    return Projections([agents if agents and isinstance(one, Agents) else one for one in member.projections])


def prepare(database: Database) -> None:
    """registry's tables, as `migrate` makes them."""
    migrate.apply(database.owner_dsn, database.serving_role, (*CHASSIS_MIGRATIONS, *bootstrap.migrations()))
    owner = Pool(database.owner_dsn, size=1)
    with owner.transaction() as cursor:
        views.install(cursor, database.serving_role, bootstrap.consumers(settings()))
    owner.close()


@dataclass
class Bench:
    """`fill`, then `send` what `new_facts` answers, then `run` a loop, then `check`."""

    database: Database
    kafka: KafkaSettings
    bus: KafkaBus

    def __post_init__(self) -> None:
        self.topic = f"faults.{uuid4().hex}"
        self.bus.create_topic(self.topic, PARTITIONS)
        self.pool = Pool(self.database.dsn, 4)
        self.commands = bootstrap.commands(settings())
        self._sequencer = Sequencer(self.pool, "registry")
        self._numbers = itertools.count(1)
        self._taken = 0
        self._loops: list[ConsumerLoop] = []
        self._isps = [self._isp() for _ in range(3)]
        self.send(self.new_facts())

    # the log

    def agents(self, count: int, partition: int | None = None) -> list[UUID]:
        """Streams of four events: an agent is registered and signs three contracts. All in `partition`, if given."""
        return [self._agent(partition) for _ in range(count)]

    def new_facts(self) -> list[Fact]:
        """What was stored since the last time, in the order of the log."""
        while self._sequencer.run_once():
            pass
        found = read_after(self.pool, "registry", self._taken, 100_000)
        if found:
            self._taken = found[-1].position
        return [(one.partition, Envelope.from_kafka(dict(one.headers), one.value)) for one in found]

    def send(self, facts: Iterable[Fact], spoilt: Mapping[int, bytes | None] | None = None) -> None:
        """Puts them on the topic in this order, as the relay would; `spoilt`: by position, another value."""
        for partition, envelope in facts:
            value = (spoilt or {}).get(envelope.position, envelope.data)
            self.send_raw(partition, value, to_headers(envelope), str(envelope.stream_id).encode())
        with self.pool.transaction() as cursor:
            cursor.execute(CURSOR, (self.topic, self._taken))

    def send_raw(
        self, partition: int, value: bytes | None, headers: Sequence[tuple[str, bytes]] = (), key: bytes | None = None
    ) -> None:
        self.bus.send(self.topic, partition, value, key=key, headers=headers)

    # the consumer

    def loop(self, member: Projections | None = None) -> ConsumerLoop:
        """A new one, as after a restart; the ones before are closed."""
        for loop in self._loops:
            loop.close()
        consumer = Consumer(VIEWS, (self.topic,), member or read_models())
        made = ConsumerLoop(consumer, self.pool, KafkaBroker(self.kafka, None, consumer.topics))
        self._loops = [made]
        return made

    def run(self, loop: ConsumerLoop, until: Callable[[], object], what: str) -> None:
        def stepped() -> bool:
            loop.run_once(0.05)
            return bool(until())

        wait_until(stepped, 30, what, every_s=0)

    def run_to_the_end(self, loop: ConsumerLoop) -> None:
        """Until every fact was dealt with: applied, passed over or parked."""
        self.run(loop, lambda: not self._behind(loop), "everything is dealt with")

    def set_aside(self) -> list[parked.Parked]:
        with self.pool.transaction() as cursor:
            return parked.listed(cursor, VIEWS)

    def retry(self, no: int) -> None:
        with self.pool.transaction() as cursor:
            parked.retry(cursor, no, actor="officer:dic:le-van-a", reason="mended")

    def discard(self, no: int) -> None:
        with self.pool.transaction() as cursor:
            parked.discard(cursor, no, actor="officer:dic:le-van-a", reason="it says nothing")

    # the check

    def checker(self, relayed: bool = True) -> Checker:
        consumer = Consumer(VIEWS, (self.topic,), read_models())
        service = CheckedService("registry", self.database.admin_dsn, self.topic, (consumer,))
        return Checker([service], self.kafka, History(), relayed=relayed)

    def close(self) -> None:
        for loop in self._loops:
            loop.close()
        self.pool.close()

    def _behind(self, loop: ConsumerLoop) -> list[int]:
        with self.pool.transaction() as cursor:
            cursor.execute("select partition, max(position) from log group by partition")
            ends = dict(cursor.fetchall())
        at: dict[int, int] = {found.partition: position for found, position in loop.positions().items()}
        return [partition for partition, end in ends.items() if at.get(partition, 0) < end]

    def _execute(self, command: Command) -> Mapping[str, Any]:
        return self.commands.execute(self.pool, command, principal=OFFICER, key=uuid4()).response

    def _isp(self) -> UUID:
        number = next(self._numbers)
        command = RegisterProvider(code=f"isp-{number}", name=f"Công ty {number}", kinds=("isp",))
        return UUID(self._execute(command)["provider_id"])

    def _agent(self, partition: int | None) -> UUID:
        while True:
            number = next(self._numbers)
            certificate = f"04D8{number:06}"
            made = agent_id(SCOPE, certificate, "", "", "")
            if partition in (None, partition_of(made)):
                break
        command = RegisterAgent(
            name=f"Đại lý Internet {number}",
            owner_name="Nguyễn Thị Hoà",
            holder_kind="household",
            address=f"số {number} đường Nguyễn Trãi",
            area="nam-sach",
            business_certificate_number=certificate,
        )
        assert self._execute(command)["agent_id"] == str(made)
        for isp in self._isps:
            signed = SignAgencyContract(agent_id=made, provider_id=isp, number=f"{number}/HĐĐL", signed_on=SIGNED_ON)
            self._execute(signed)
        return made
