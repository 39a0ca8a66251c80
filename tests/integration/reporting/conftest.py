"""Reporting on a real PostgreSQL: facts come in as its consumers are given them, lists and pages are read back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from chassis.consume import views
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.message import Received
from chassis.consume.reactions import Reactions
from chassis.identity.principal import Principal, officer
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from chassis.store.commands import Answer, Commands
from chassis.timers.clocks import Clocks, LegalCalendar, SteeredWall
from chassis.web.pages import requested
from chassis.web.routes import JSON, Query
from contracts import catalogue
from contracts.envelope import Command, Envelope, Event
from law.clauses import load_law
from services.authority import law_authority
from services.reporting import bootstrap, handlers
from services.reporting.start import LawInForce
from tests.integration.reporting.province import NOON, SCOPE
from tests.support.stack_fixture import Database, Databases

DIC = officer("dic", "le-van-a", "officer")

LOG = """
select e.event_id, e.type, e.schema_version, e.stream_id, e.version, e.occurred_at, e.metadata::text, e.data::text,
       e.event_no
from event e where e.event_no > %s order by e.event_no
"""


@dataclass
class Desk:
    """Facts and commands in, rows and views out. `own` facts go round as the bus would bring them back."""

    pool: Pool
    wall: SteeredWall
    commands: Commands
    consumers: Sequence[Consumer]
    reactions: Reactions
    _heard: int = 0

    @property
    def clocks(self) -> Clocks:
        return Clocks(self.wall, LegalCalendar())

    def start(self) -> None:
        """What `work` does first."""
        LawInForce(load_law(), self.commands, self.clocks)(self.pool)

    def ask(self, principal: Principal, command: Command, **how: Any) -> Answer:
        return self.commands.execute(self.pool, command, principal=principal, **{"key": str(uuid4()), **how})

    def hear(self, messages: Iterable[Received[Event]]) -> None:
        """Moves the read models, and reacts."""
        given = list(messages)
        self.show(given)
        reacted_to = handlers.reactions(load_law())
        for one in given:
            if type(one.event) in reacted_to:
                with self.pool.transaction() as cursor:
                    self.reactions.apply(cursor, "reporting.reactions", [one])

    def hear_own(self) -> list[Received[Event]]:
        """What reporting appended since the last time comes back over the bus, until nothing new follows."""
        heard: list[Received[Event]] = []
        while fresh := self._own():
            self.hear(fresh)
            heard += fresh
        return heard

    def show(self, messages: Sequence[Received[Event]]) -> None:
        """Moves the read models alone."""
        for consumer in self.consumers:
            member = consumer.member
            assert isinstance(member, Projections)
            wanted = {kind for projection in member.projections for kind in projection.wants}
            with self.pool.transaction() as cursor:
                cursor.execute("set local search_path to views_1, public")
                member.apply(cursor, consumer.name, [one for one in messages if type(one.event) in wanted])

    def view(self, function: Any, filters: Any = None, media_type: str = JSON, **how: Any) -> Any:
        """What a query function answers; `how`: limit, cursor, path, principal."""
        now = self.wall.moment
        query = Query(
            how.get("principal", DIC),
            how.get("path", {}),
            filters,
            requested(how.get("limit"), how.get("cursor"), "a-list"),
            SCOPE,
            now,
            self.clocks.calendar.today(now),
            media_type,
        )
        with self.pool.transaction(read_only=True) as cursor:
            return function(cursor, query)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.transaction(read_only=True) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def _own(self) -> list[Received[Event]]:
        fresh = self.rows(LOG, (self._heard,))
        self._heard = fresh[-1][-1] if fresh else self._heard
        return [_received(row) for row in fresh]


def _received(row: tuple[Any, ...]) -> Received[Event]:
    event_id, kind, schema, stream, version, occurred, meta, data, number = row
    envelope = Envelope(
        source="reporting",
        event_id=event_id,
        type=kind,
        schema_version=schema,
        stream_id=stream,
        stream_version=version,
        scope=SCOPE,
        occurred_at=occurred,
        sequenced_at=occurred,
        epoch=1,
        position=number,
        prev=0,
        meta=meta.encode(),
        data=data.encode(),
    )
    event = catalogue.events()[kind, schema].model_validate_json(data)
    return Received(envelope, event, "reporting.events.v1", 0, number)


def prepare(database: Database) -> None:
    """The chassis's tables and the read models of reporting, as `migrate` makes them."""
    migrate.apply(database.owner_dsn, database.serving_role, CHASSIS_MIGRATIONS)
    owner = Pool(database.owner_dsn, 1, application_name="owner")
    with owner.transaction() as cursor:
        views.install(cursor, database.serving_role, bootstrap.consumers(Settings("reporting")))
    owner.close()


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    database = databases.copy_of("reporting", prepare, "reporting")
    wall = SteeredWall(NOON)
    clocks = Clocks(wall, LegalCalendar())
    commands = Commands(handlers.commands(load_law()), law_authority(SCOPE), clocks, SCOPE, "reporting")
    consumers = bootstrap.consumers(Settings("reporting"))
    pool = Pool(database.dsn, 4, application_name="desk")
    read_models = [consumer for consumer in consumers if isinstance(consumer.member, Projections)]
    yield Desk(pool, wall, commands, read_models, Reactions(handlers.reactions(load_law()), commands, clocks))
    pool.close()
    databases.drop(database)
