"""notify on a real database, without Kafka: events are handed to its consumers as the loop would."""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from chassis.consume import views
from chassis.consume.consumer import Projections
from chassis.consume.message import Received
from chassis.identity.principal import Principal, company, officer
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from chassis.store.commands import Answer, Commands, command_id_of
from chassis.timers.clocks import CLOCKS
from contracts import catalogue
from contracts.commands.notify import RegisterEndpoint, VerifyEndpoint
from contracts.envelope import Command, Envelope, Event, Metadata
from contracts.events.enforcement import ContractTerminationDemanded, OrderWithdrawn
from services.authority import law_authority
from services.notify import bootstrap
from services.notify.deliveries.probes import Prober
from services.notify.deliveries.worker import Worker, Workshop
from services.notify.domain.addresses import AddressPolicy
from services.notify.domain.endpoint import endpoint_id_of
from services.notify.endpoint_commands import SECRET, EndpointCommands
from services.notify.keys import Seal
from services.notify.sender.http_sender import HttpSender
from services.notify.sender.port import Sender
from services.notify.vault import Vault
from tests.conformance.sender.endpoint_server import EndpointServer, serving
from tests.support.stack_fixture import Database, Databases

SCOPE = "hai-duong"
OFFICER = officer("dic", "le-van-a", "officer")
KEK = b"5a" * 32
SCHEDULE = (0.0, 0.0, 0.0)
"""Three attempts without pauses."""
STORED = """
select e.event_id, e.type, e.schema_version, e.stream_id, e.version, e.data::text, e.metadata::text, e.occurred_at,
       e.event_no, clock_timestamp()
from event e where e.event_no > %s order by e.event_no
"""


@dataclass
class Notify:
    """One notify service. `settle` plays relay and consumers: what was appended reaches the read models."""

    pool: Pool
    commands: EndpointCommands
    vault: Vault
    sender: Sender
    schedule: tuple[float, ...] = SCHEDULE
    _read: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def worker(self, name: str | None = None, lease_s: float = 45.0, sender: Sender | None = None) -> Worker:
        shop = Workshop(
            self.pool, self.commands, self.vault, sender or self.sender, self.schedule, lease_s, chance=lambda: 0.5
        )
        return Worker(name or f"worker-{next(self._numbers)}", shop)

    def prober(self) -> Prober:
        return Prober(self.pool, self.sender, self.vault)

    def execute(self, command: Any, principal: Principal = OFFICER, key: str | None = None) -> dict[str, Any]:
        return self.commands.execute(self.pool, command, principal=principal, key=key or str(uuid4())).response

    def settle(self) -> None:
        with self.pool.transaction() as cursor:
            cursor.execute(STORED, (self._read,))
            rows = cursor.fetchall()
        for event_id, kind, version, stream, stream_version, data, meta, occurred, number, now in rows:
            model = catalogue.events()[(kind, version)]
            envelope = Envelope(
                "notify", event_id, kind, version, stream, stream_version, SCOPE, occurred, now, 1, number, number - 1,
                meta.encode(), data.encode(),
            )  # fmt: skip
            self.hand_over(Received(envelope, model.model_validate_json(data), "notify.events.v1", 0, number))
            self._read = number

    def hand_over(self, *received: Received[Any]) -> None:
        with self.pool.transaction() as cursor:
            for consumer in bootstrap.consumers(Settings("notify")):
                member = consumer.member
                schema = "views_1, public" if isinstance(member, Projections) else "public"
                cursor.execute(f"set local search_path to {schema}")
                wanted = member._by_type if isinstance(member, Projections) else member.wants  # type: ignore[attr-defined]
                member.apply(cursor, consumer.name, [one for one in received if type(one.event) in wanted])

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.pool.transaction() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def unasked(self, command: Command, key: str) -> Answer:
        """Executed without asking the outside first."""
        return Commands.execute(self.commands, self.pool, command, principal=OFFICER, key=key)

    def registered(self, provider_id: UUID, url: str) -> dict[str, Any]:
        """An active endpoint, entered without asking the outside; answers with its secret."""
        key = str(uuid4())
        answer = self.unasked(RegisterEndpoint(provider_id=provider_id, url=url), key)
        shown = self.commands._with_secret(self.pool, answer, secret_id(OFFICER, key))
        self.unasked(VerifyEndpoint(endpoint_id=endpoint_of(provider_id)), str(uuid4()))
        self.settle()
        return shown.response


def secret_id(principal: Principal, key: str) -> UUID:
    return uuid5(command_id_of(principal, key), SECRET)


def run_until_idle(notify: Notify) -> int:
    """Makes attempts until nothing is due; answers how many."""
    worker, attempts = notify.worker(), 0
    while worker.run_once():
        attempts += 1
    return attempts


def demanded(provider_id: UUID, order_id: UUID, version: int = 1) -> Received[ContractTerminationDemanded]:
    """An order to end a contract, as it comes from enforcement."""
    event = ContractTerminationDemanded(
        order_id=order_id,
        round_id=uuid4(),
        case_id=uuid4(),
        addressee_id=provider_id,
        agent_id=uuid4(),
        contract_id=uuid4(),
        report_back_at=datetime(2026, 12, 1, 10, 0, tzinfo=UTC),
        document='{"kind":"contract-termination","target":{"name":"Đại lý Internet Thành Đông"}}',
        signature="c2lnbmF0dXJl",
        key_id="0011223344556677",
    )
    return from_enforcement(event, order_id, version)


def withdrawn(provider_id: UUID, order_id: UUID, version: int = 2) -> Received[OrderWithdrawn]:
    event = OrderWithdrawn(
        order_id=order_id,
        case_id=uuid4(),
        kind="contract-termination",
        addressee_id=provider_id,
        reason="Nhầm đại lý.",
    )
    return from_enforcement(event, order_id, version)


def from_enforcement(event: Event, stream_id: UUID, version: int) -> Received[Any]:
    now = datetime.now(UTC)
    meta = Metadata(actor="officer:dic:le-van-a", correlation_id=uuid4(), causation_id=uuid4())
    envelope = Envelope(
        "enforcement", uuid4(), event.message_type, event.schema_version, stream_id, version, SCOPE, now, now, 1,
        version, version - 1, meta.model_dump_json().encode(), event.model_dump_json().encode(),
    )  # fmt: skip
    return Received(envelope, event, "enforcement.events.v1", 0, version)


def prepare(database: Database) -> None:
    """The tables of notify, as `migrate` makes them."""
    folders: tuple[Path, ...] = (*CHASSIS_MIGRATIONS, *bootstrap.migrations())
    migrate.apply(database.owner_dsn, database.serving_role, folders)
    pool = Pool(database.owner_dsn, size=1)
    with pool.transaction() as cursor:
        views.install(cursor, database.serving_role, bootstrap.consumers(Settings("notify")))
    pool.close()


def service_on(database: Database) -> Notify:
    vault = Vault(Seal(KEK))
    sender = HttpSender(AddressPolicy(allow_loopback=True), deadline_s=1.0)
    commands = EndpointCommands(vault, law_authority(SCOPE), CLOCKS, SCOPE)
    return Notify(Pool(database.dsn, size=20), commands, vault, sender)


@pytest.fixture
def notify_database(databases: Databases) -> Iterator[Database]:
    made = databases.copy_of("notify_service", prepare, "notify")
    yield made
    databases.drop(made)


@pytest.fixture
def notify(notify_database: Database) -> Iterator[Notify]:
    service = service_on(notify_database)
    yield service
    service.pool.close()


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def isp() -> UUID:
    return uuid4()


def endpoint_of(provider_id: UUID) -> UUID:
    return endpoint_id_of(SCOPE, provider_id)


def as_company(provider_id: UUID) -> Principal:
    return company(provider_id)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
