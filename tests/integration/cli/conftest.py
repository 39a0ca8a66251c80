"""The command `phoihop` as an operator types it, told by its environment where the system is.

nowhere     function   Phoihop: nothing is configured
register    package    Register: a register whose `work` process runs, and Phoihop pointed at it
quiet       function   Quiet: a register's database with 12 events that nobody else touches
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from typer.testing import CliRunner

from chassis.consume.consumer import Projections
from chassis.consume.message import Received
from chassis.identity.principal import officer
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.store.sequencer import Sequencer
from cli.main import app
from contracts.commands.registry import RegisterProvider
from contracts.envelope import Command, Event
from contracts.topics import SERVICES
from deploy.local.stack import process
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT
from services.registry import bootstrap
from tests.support.fresh_topics import make_topics_anew
from tests.support.other_service import OtherService
from tests.support.running_service import as_user, environment_of, running, start
from tests.support.stack_fixture import Database, Databases
from tests.support.waiting import wait_until

DIC = officer("dic", "le-van-a", "officer")
SERVICE = "registry"
TOPICS = ("registry.events.", "registry.heads.", "enforcement.events.")
EVENTS = 12
LIMIT_S = 240


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Argument = str | Path | UUID | int


@dataclass(frozen=True)
class Phoihop:
    """`phoihop("audit", "verify")` runs it in this process; `phoihop.process(…)` as a program of its own.

    A program takes a second of processor time to start: each command is started so once, the rest is asked here.
    """

    environment: Mapping[str, str]

    def __call__(self, *arguments: Argument, **environment: str) -> Said:
        wanted = {**self.environment, **environment}
        others = dict.fromkeys(set(os.environ) - wanted.keys())
        done = CliRunner().invoke(app, [*map(str, arguments)], env={**others, **wanted}, prog_name="phoihop")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def process(self, *arguments: Argument, **environment: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            cwd=CHECKOUT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def told(self, *arguments: Argument) -> Any:
        """What it answers with --json, having succeeded."""
        said = self(*arguments, "--json")
        assert (said.code, said.err) == (0, ""), said
        return said.json


def bare(folder: Path) -> dict[str, str]:
    """An environment that knows no system: `folder` is empty."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PHOIHOP_STATE": str(folder), "COLUMNS": "200"}


@pytest.fixture
def nowhere(tmp_path: Path) -> Phoihop:
    return Phoihop(bare(tmp_path))


def pointed_at(servers: Servers, database: Database) -> Phoihop:
    """Every service's database is this one: the commands look at one service at a time."""
    return Phoihop(
        bare(servers.state.root / "nowhere")
        | {f"DATABASE_URL_{service.upper()}": database.dsn for service in SERVICES}
        | {f"DATABASE_OWNER_URL_{service.upper()}": database.owner_dsn for service in SERVICES}
        | {
            "KAFKA_BOOTSTRAP_SERVERS": servers.kafka.bootstrap_servers,
            "KAFKA_USERNAME": ADMIN,
            "KAFKA_PASSWORD": servers.kafka.password(ADMIN),
            "PHOIHOP_SECRETS": str(ensure_keys(servers.state)),
        }
    )


def give(service: str, database: Database, messages: Sequence[Received[Event]]) -> None:
    """To the service's read models, as if they had come over the bus."""
    bootstrap: Any = import_module(f"services.{service}.bootstrap")
    with closing(Pool(database.dsn, 1, application_name="cli test")) as pool:
        for consumer in bootstrap.consumers(Settings(service)):
            if isinstance(consumer.member, Projections):
                wanted = {kind for projection in consumer.member.projections for kind in projection.wants}
                with pool.transaction() as cursor:
                    cursor.execute("set local search_path to views_1, public")
                    consumer.member.apply(cursor, consumer.name, [one for one in messages if type(one.event) in wanted])


@dataclass
class Register:
    servers: Servers
    database: Database
    phoihop: Phoihop
    pool: Pool
    enforcement: OtherService
    _commands: Commands = field(default_factory=lambda: bootstrap.commands(Settings(SERVICE)))

    def execute(self, command: Command) -> dict[str, Any]:
        return self._commands.execute(self.pool, command, principal=DIC, key=uuid4()).response

    def companies(self, count: int) -> list[UUID]:
        return [UUID(self.execute(company())["provider_id"]) for _ in range(count)]

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.transaction(read_only=True) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def settled(self) -> int:
        """Waits until everything is on Kafka and in the read models; answers the end of the log."""
        behind = """
            select count(*) from log l join event e using (event_no)
            where l.position > coalesce((select position from relay_cursor where topic = 'registry.events.v1'), 0)
               or not exists (select 1 from seen s where s.consumer like 'registry.views@%%'
                              and s.stream_id = e.stream_id and s.version >= e.version)
        """
        waiting = "select (select count(*) from unsequenced), (" + behind + ")"
        wait_until(lambda: self.rows(waiting) == [(0, 0)], 30, "the register has settled")
        ((position,),) = self.rows("select max(position) from log")
        return int(position)


def company() -> RegisterProvider:
    mark = uuid4().hex[:12]
    return RegisterProvider(code=f"mau-{mark}", name=f"Công ty [mẫu] {mark}", kinds=("isp",))


@pytest.fixture(scope="package")
def register(servers: Servers, databases: Databases) -> Iterator[Register]:
    """On empty topics and a new database; the topics are empty again afterwards."""
    servers.kafka.ensure_users([*SERVICES])
    make_topics_anew(as_user(servers, ADMIN), TOPICS)
    database = databases.fresh(SERVICE)
    enforcement = OtherService("enforcement", as_user(servers, "enforcement"))
    with running(servers, SERVICE, database, roles=("work",)):
        pool = Pool(database.dsn, 2, application_name="cli test")
        found = Register(servers, database, pointed_at(servers, database), pool, enforcement)
        found.companies(EVENTS)
        found.settled()
        yield found
        pool.close()
    enforcement.close()
    make_topics_anew(as_user(servers, ADMIN), TOPICS)
    databases.drop(database)


@dataclass(frozen=True)
class Quiet:
    database: Database
    phoihop: Phoihop

    def as_superuser(self, *statements: str) -> None:
        """With triggers and foreign keys asleep."""
        with closing(psycopg2.connect(self.database.admin_dsn)) as connection:
            cursor = connection.cursor()
            cursor.execute("set session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.database.admin_dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


@pytest.fixture
def quiet(servers: Servers, databases: Databases) -> Iterator[Quiet]:
    def twelve_events(database: Database) -> None:
        migrate = start(servers, SERVICE, "migrate", environment_of(servers, SERVICE, database))
        process.run_to_end(migrate, LIMIT_S)
        pool = Pool(database.dsn, 2, application_name="cli test")
        commands = bootstrap.commands(Settings(SERVICE))
        for _ in range(EVENTS):
            commands.execute(pool, company(), principal=DIC, key=uuid4())
        sequencer = Sequencer(pool, SERVICE)
        while sequencer.run_once():
            pass
        pool.close()

    database = databases.copy_of("cli_twelve_events", twelve_events, SERVICE)
    yield Quiet(database, pointed_at(servers, database))
    databases.drop(database)
