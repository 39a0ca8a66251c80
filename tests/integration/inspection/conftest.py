"""Inspection on a real PostgreSQL: commands go in as their senders would give them, read models follow the log."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.consume import views
from chassis.consume.consumer import Projections
from chassis.consume.message import Received
from chassis.identity.principal import Principal, agency_system, officer
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from chassis.store.commands import Answer, Commands
from chassis.timers.clocks import Clocks, LegalCalendar, SteeredWall
from contracts import catalogue
from contracts.envelope import Command, Envelope, Event
from contracts.events.registry import AgentRegistered, AgentReportedByIsp
from services.authority import law_authority
from services.inspection import bootstrap
from services.inspection.handlers import COMMANDS
from tests.support.stack_fixture import Database, Databases

SCOPE = "hai-duong"
NOON = datetime(2009, 11, 10, 5, tzinfo=UTC)
TODAY, TOMORROW = date(2009, 11, 10), date(2009, 11, 11)

DIC = officer("dic", "le-van-a", "officer")
PPC = officer("ppc", "tran-thi-b", "officer")
PPD = agency_system("ppd")
DCST = officer("dcst", "pham-van-c", "officer")
NAM_SACH = officer("dpc.nam-sach", "vu-thi-d", "officer")

LOG = """
select e.event_id, e.type, e.schema_version, e.stream_id, e.version, e.occurred_at, l.sequenced_at, l.epoch, l.position,
       l.prev, e.metadata::text, e.data::text
from event e left join log l using (event_no) order by e.event_no
"""


@dataclass(frozen=True)
class Desk:
    """Commands in, rows out."""

    pool: Pool
    commands: Commands
    read_models: Projections

    def ask(self, principal: Principal, command: Command, **how: Any) -> dict[str, Any]:
        """The handler's response; the key is a new one unless given."""
        return self.answer(principal, command, **how).response

    def answer(self, principal: Principal, command: Command, **how: Any) -> Answer:
        return self.commands.execute(self.pool, command, principal=principal, **{"key": str(uuid4()), **how})

    def log(self) -> list[Received[Event]]:
        """Every stored event as a consumer would be given it, in the order of storing."""
        with self.pool.transaction(read_only=True) as cursor:
            cursor.execute(LOG)
            rows = cursor.fetchall()
        return [_received(number, row) for number, row in enumerate(rows, start=1)]

    def show(self, batch: Iterable[Received[Event]] | None = None) -> None:
        """Moves the read models by these messages, or by the whole log."""
        messages = [one for one in (self.log() if batch is None else batch) if type(one.event) in self._wanted]
        with self.pool.transaction() as cursor:
            cursor.execute("set local search_path to views_1, public")
            self.read_models.apply(cursor, "inspection.views", messages)

    def register(self, *events: AgentRegistered | AgentReportedByIsp) -> None:
        """What the register said of these agents, one stream each."""
        self.show(foreign(event, version) for version, event in enumerate(events, start=1))

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.transaction(read_only=True) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    @property
    def _wanted(self) -> frozenset[type[Event]]:
        return frozenset(kind for projection in self.read_models.projections for kind in projection.wants)


def foreign(event: AgentRegistered | AgentReportedByIsp, version: int) -> Received[Event]:
    envelope = Envelope(
        source="registry",
        event_id=uuid4(),
        type=event.message_type,
        schema_version=event.schema_version,
        stream_id=event.agent_id,
        stream_version=version,
        scope=SCOPE,
        occurred_at=NOON,
        sequenced_at=NOON,
        epoch=1,
        position=version,
        prev=0,
        meta=b"{}",
        data=event.model_dump_json().encode(),
    )
    return Received(envelope, event, "registry.events.v1", 0, version)


def _received(number: int, row: tuple[Any, ...]) -> Received[Event]:
    event_id, kind, schema, stream, version, occurred, sequenced, epoch, position, prev, meta, data = row
    envelope = Envelope(
        source="inspection",
        event_id=event_id,
        type=kind,
        schema_version=schema,
        stream_id=stream,
        stream_version=version,
        scope=SCOPE,
        occurred_at=occurred,
        sequenced_at=sequenced or occurred,
        epoch=epoch or 1,
        position=position or number,
        prev=prev or 0,
        meta=meta.encode(),
        data=data.encode(),
    )
    event = catalogue.events()[kind, schema].model_validate_json(data)
    return Received(envelope, event, "inspection.events.v1", 0, number)


def prepare(database: Database) -> None:
    """The chassis's tables and the read models of inspection, as `migrate` makes them."""
    migrate.apply(database.owner_dsn, database.serving_role, CHASSIS_MIGRATIONS)
    owner = Pool(database.owner_dsn, 1, application_name="owner")
    with owner.transaction() as cursor:
        views.install(cursor, database.serving_role, bootstrap.consumers(Settings("inspection")))
    owner.close()


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    database = databases.copy_of("inspection", prepare, "inspection")
    commands = Commands(COMMANDS, law_authority(SCOPE), Clocks(SteeredWall(NOON), LegalCalendar()), SCOPE, "inspection")
    read_models = bootstrap.consumers(Settings("inspection"))[0].member
    assert isinstance(read_models, Projections)
    pool = Pool(database.dsn, 4, application_name="desk")
    yield Desk(pool, commands, read_models)
    pool.close()
    databases.drop(database)


def agent(agent_id: UUID, area: str = "nam-sach", name: str = "Đại lý Minh Anh") -> AgentRegistered:
    return AgentRegistered(
        agent_id=agent_id,
        name=name,
        owner_name="Nguyễn Văn Minh",
        holder_kind="household",
        address="12 phố Thanh Lâm, thị trấn Nam Sách",
        area=area,
        business_certificate_number="04A8001234",
    )
