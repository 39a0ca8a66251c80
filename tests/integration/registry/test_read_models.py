"""The read models rely on order within one stream only: however streams and batches interleave, rows are the same."""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from chassis.consume import views
from chassis.consume.consumer import Projections
from chassis.consume.message import Received
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from chassis.settings import Settings
from contracts.envelope import Envelope, Event
from contracts.events.registry import AgentListReceived, ApiKeyIssued, ApiKeyRevoked, LineRestored, ProviderRegistered
from services.registry import bootstrap
from tests.support.stack_fixture import Database, Databases
from tests.unit.registry import facts

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
LATER = facts.REPORTED.model_copy(update={"month": "2026-11", "row": 9, "name": "Đại lý Tên Mới", "list_id": uuid4()})
OTHER = {"agent_id": facts.OTHER_AGENT, "contract_id": uuid4(), "business_certificate_number": None}
COMPANY = ProviderRegistered(
    provider_id=facts.TELECOM, code="vnpt-hai-duong", name="VNPT Hải Dương", kinds=("telecom",), licence_number=None
)
KEY = {"key_id": "AbCd1234", "provider_id": facts.TELECOM}

STREAMS: dict[UUID, tuple[Event, ...]] = {
    facts.AGENT: (facts.REPORTED, facts.REGISTERED, facts.SIGNED, LATER, facts.TERMINATED, facts.CLOSED),
    facts.OTHER_AGENT: (facts.REPORTED.model_copy(update=OTHER), LATER.model_copy(update=OTHER)),
    facts.LINE: (
        facts.ATTACHED,
        facts.CUT,
        LineRestored(line_id=facts.LINE, agent_id=facts.AGENT, restored_on=date(2026, 11, 20), decision="7/QĐ"),
        facts.CUT,
    ),
    facts.TELECOM: (COMPANY, ApiKeyIssued(**KEY, verifier="00"), ApiKeyRevoked(**KEY, reason="Lộ khóa")),
    facts.LIST: (
        AgentListReceived(
            list_id=facts.LIST, provider_id=facts.ISP, month="2026-10", sha256="x", good=1, bad=0, duplicates=0
        ),
    ),
}


def message(stream: UUID, version: int, event: Event) -> Received[Event]:
    envelope = Envelope(
        "registry", uuid4(), event.message_type, 1, stream, version, "hai-duong", NOON, NOON, 1, version, 0, b"{}",
        b"{}",
    )  # fmt: skip
    return Received(envelope, event, "registry.events.v1", 0, version)


def interleaved(chance: random.Random) -> Iterator[Received[Event]]:
    """Every event once, each stream in its order."""
    left = {stream: list(enumerate(events, 1)) for stream, events in STREAMS.items()}
    while left:
        stream = chance.choice(list(left))
        version, event = left[stream].pop(0)
        yield message(stream, version, event)
        if not left[stream]:
            del left[stream]


def in_batches(messages: Sequence[Received[Event]], chance: random.Random) -> Iterator[Sequence[Received[Event]]]:
    start = 0
    while start < len(messages):
        end = start + chance.randint(1, 6)
        yield messages[start:end]
        start = end


def prepare(database: Database) -> None:
    migrate.apply(database.owner_dsn, database.serving_role, (*CHASSIS_MIGRATIONS, *bootstrap.migrations()))
    owner = Pool(database.owner_dsn, 1)
    with owner.transaction() as cursor:
        views.install(cursor, database.serving_role, bootstrap.consumers(Settings("registry")))
    owner.close()


class ReadModels:
    def __init__(self, dsn: str) -> None:
        self.pool = Pool(dsn, 1)
        found = bootstrap.consumers(Settings("registry"))[0].member
        assert isinstance(found, Projections)
        self.member = found

    def rows_after(self, batches: Iterator[Sequence[Received[Event]]]) -> dict[str, list[str]]:
        """What stands in each table, as text, after these batches and nothing else."""
        with self.pool.transaction() as cursor:
            cursor.execute("set local search_path to views_1, public")
            for table in self.member.tables:
                cursor.execute(f"delete from {table}")
            for batch in batches:
                self.member.apply(cursor, "registry.views", batch)
            found = {}
            for table in self.member.tables:
                cursor.execute(f"select t::text from {table} t order by 1")
                found[table] = [row[0] for row in cursor.fetchall()]
        return found


@pytest.fixture(scope="module")
def read_models(databases: Databases) -> Iterator[ReadModels]:
    database = databases.copy_of("registry_service", prepare, "registry")
    made = ReadModels(database.dsn)
    yield made
    made.pool.close()
    databases.drop(database)


@pytest.fixture(scope="module")
def expected(read_models: ReadModels) -> dict[str, list[str]]:
    """Stream after stream, event after event."""
    return read_models.rows_after(
        iter([[message(stream, n, event)] for stream, events in STREAMS.items() for n, event in enumerate(events, 1)])
    )


def test_every_table_has_rows(expected):
    assert {table: len(rows) for table, rows in expected.items()} == {
        "agent": 2,
        "agency_contract": 2,
        "claimed_line": 2,
        "line": 1,
        "provider": 1,
        "api_key": 1,
        "agent_list": 1,
    }


@pytest.mark.parametrize("seed", range(25))
def test_streams_and_batches_interleave_as_they_like(read_models, expected, seed):
    chance = random.Random(seed)
    messages = list(interleaved(chance))
    assert expected == read_models.rows_after(in_batches(messages, chance))


@pytest.mark.parametrize("seed", range(5))
def test_a_second_delivery_of_everything_changes_nothing(read_models, expected, seed):
    chance = random.Random(seed)
    deliveries = [in_batches(list(interleaved(chance)), chance) for _ in range(2)]
    assert expected == read_models.rows_after(itertools.chain(*deliveries))


def test_what_an_officer_confirmed_is_not_overwritten_by_a_later_claim(read_models, expected):
    (confirmed,) = [row for row in expected["agent"] if str(facts.AGENT) in row]
    assert facts.REGISTERED.name in confirmed.split("closed")[0]
    with read_models.pool.transaction() as cursor:
        cursor.execute("select name, state from views_1.agent where agent_id = %s", (str(facts.AGENT),))
        assert cursor.fetchall() == [(facts.REGISTERED.name, "closed")]
