"""Enforcement as it runs: both processes on the run's servers, asked over HTTP; neighbours are played on the bus."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import requests

from chassis.identity.api_keys import new_key
from chassis.identity.officers import issue_token
from contracts.envelope import Event
from contracts.events.inspection import ViolationFound
from contracts.events.registry import ApiKeyIssued, ProviderRegistered
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.servers import Servers
from services.enforcement.domain.case import case_id_of
from tests.support.fresh_topics import make_topics_anew
from tests.support.other_service import OtherService, after
from tests.support.running_service import as_user, running
from tests.support.stack_fixture import Database, Databases
from tests.support.waiting import wait_until

SERVICE = "enforcement"
TOPICS = (f"{SERVICE}.", "inspection.events.", "registry.events.")
ENOUGH_S = 20


@dataclass(frozen=True)
class Company:
    provider_id: UUID
    name: str
    api_key: str

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


@dataclass
class Doors:
    """Where to knock. `registry` and `inspection` are the test's own words on the bus."""

    servers: Servers
    database: Database
    keys: Path
    registry: OtherService
    inspection: OtherService

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers.ports.http[SERVICE]}/enforcement/v1"

    def officer(self, agency: str = "dic", role: str = "officer") -> dict[str, str]:
        key = (self.keys / "jwt-issuer.pem").read_bytes()
        return {"Authorization": f"Bearer {issue_token(key, agency=agency, role=role, subject='le-van-a')}"}

    def post(
        self, path: str, body: Any = None, who: Mapping[str, str] | None = None, **headers: str
    ) -> requests.Response:
        """By an officer of the DIC unless `who` says another; `headers` with underscores for hyphens."""
        head = {"Idempotency-Key": str(uuid4())} | dict(self.officer() if who is None else who)
        head |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(self.url + path, json={} if body is None else body, headers=head, timeout=30)

    def get(self, path: str, who: Mapping[str, str] | None = None, **parameters: Any) -> requests.Response:
        head = dict(self.officer() if who is None else who)
        return requests.get(self.url + path, params=parameters, headers=head, timeout=30)

    def do(
        self, path: str, body: Any = None, who: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[dict[str, Any], str]:
        """What an accepted command answers, and its `After`."""
        answer = self.post(path, body, who, **headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json(), answer.headers.get("After", "")

    def ask(self, path: str, who: Mapping[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
        answer = self.get(path, who, **parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    # what the register and the inspectors say

    def registered(self, stream_id: UUID, *events: Event) -> None:
        """The register says it, and enforcement has read it."""
        said = after(self.registry.publish(stream_id, *events))
        wait_until(lambda: self.get("/cases", after=said).status_code == 200, ENOUGH_S, f"{said} was read")

    def company(self, kind: str = "isp") -> Company:
        provider_id, mark = uuid4(), uuid4().hex[:12]
        key = new_key((self.keys / "api-key-pepper").read_bytes().strip(), uuid4())
        entered = ProviderRegistered(
            provider_id=provider_id,
            code=f"mau-{mark}",
            name=f"Công ty mẫu {mark}",
            kinds=(kind,),
            licence_number=None,
        )
        issued = ApiKeyIssued(key_id=key.key_id, provider_id=provider_id, verifier=key.verifier)
        self.registered(provider_id, entered, issued)
        return Company(provider_id, entered.name, key.text)

    def case(self, violation: ViolationFound) -> UUID:
        """The case that this violation opens, once it can be seen."""
        self.inspection.publish(violation.inspection_id, violation)
        case_id = case_id_of(violation.violation_id)
        wait_until(lambda: self.get(f"/cases/{case_id}").status_code == 200, ENOUGH_S, f"case {case_id} is open")
        return case_id

    # what can be looked up behind the doors

    def events(self, kind: str, **fields: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """(data, metadata) of the stored events of a type whose data has these values."""
        rows = self.query("select data, metadata from event where type = %s order by event_no", (kind,))
        return [
            (data, meta)
            for data, meta in rows
            if all(str(data[name]) == str(wanted) for name, wanted in fields.items())
        ]

    def history(self, stream_id: UUID | str) -> list[str]:
        """The types of a stream's events, without the service's name."""
        rows = self.query("select type from event where stream_id = %s order by version", (str(stream_id),))
        return [kind.removeprefix(f"{SERVICE}.") for (kind,) in rows]

    def dealt_with(self, consumer: str, stream_id: UUID | str, version: int) -> None:
        """Returns when the consumer has dealt with that version."""
        sql = "select coalesce(max(version), 0) from seen where consumer = %s and stream_id = %s"
        wait_until(
            lambda: self.query(sql, (consumer, str(stream_id)))[0][0] >= version,
            ENOUGH_S,
            f"{consumer} has dealt with {stream_id}@{version}",
        )

    def query(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.database.admin_dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def metric(self, name: str, **labels: str) -> float:
        """The value of one series of the `work` process; -1 when there is no such series."""
        port = self.servers.ports.metrics[SERVICE]
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        for found, value in re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE):
            if all(f'{label}="{wanted}"' in found for label, wanted in labels.items()):
                return float(value)
        return -1


def ahead(**how_far: float) -> str:
    """An instant from now, as JSON has it: `ahead(days=10)`."""
    return (datetime.now(UTC) + timedelta(**how_far)).isoformat()


def refused(answer: requests.Response) -> tuple[int, str]:
    """The status and the stable code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@contextmanager
def running_enforcement(servers: Servers, databases: Databases) -> Iterator[Doors]:
    """On empty topics and a new database; the topics are empty again afterwards."""
    servers.kafka.ensure_users([SERVICE, "inspection", "registry"])
    make_topics_anew(as_user(servers, ADMIN), TOPICS)
    database = databases.fresh(SERVICE)
    registry, inspection = (OtherService(name, as_user(servers, name)) for name in ("registry", "inspection"))
    try:
        with running(servers, SERVICE, database):
            yield Doors(servers, database, ensure_keys(servers.state), registry, inspection)
    finally:
        registry.close()
        inspection.close()
        make_topics_anew(as_user(servers, ADMIN), TOPICS)
        databases.drop(database)
