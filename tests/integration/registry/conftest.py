"""The register as it really runs: PostgreSQL, Kafka, its `http` and its `work` process, on servers of their own.

register   session    Register: asks its doors as officers and companies, and plays enforcement on the bus
"""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
import requests
from kafka import KafkaProducer

from chassis.identity.officers import issue_token
from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from chassis.kafka.partition import partition_of
from contracts.envelope import Envelope, Metadata, to_headers
from contracts.events.enforcement import OrderExecuted
from contracts.topics import events_topic
from deploy.local.stack import ports, process
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import CHECKOUT
from tests.support.stack_fixture import own_state
from tests.support.waiting import wait_until

SERVICE = "registry"


@dataclass(frozen=True)
class Company:
    provider_id: UUID
    code: str
    name: str
    api_key: str


@dataclass
class Register:
    """A running register. Every request is sent with an Idempotency-Key of its own unless `key` gives one."""

    stack: Stack
    _executed: dict[int, int] = field(default_factory=dict)
    _position: int = 0

    @property
    def url(self) -> str:
        return f"{self.stack.environments.url(SERVICE)}/registry/v1"

    def officer(self, agency: str = "dic", area: str | None = None, role: str = "officer") -> dict[str, str]:
        key = (self.stack.state.folder("keys") / "jwt-issuer.pem").read_bytes()
        token = issue_token(key, agency=agency, role=role, subject="le-van-a", area=area)
        return {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, who: dict[str, str] | None = None, **given: Any) -> requests.Response:
        headers = {"Idempotency-Key": given.pop("key", None) or str(uuid4())}
        headers |= self.officer() if who is None else who
        headers |= given.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=60, **given)

    def ask(self, path: str, who: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
        """What a read answers; waits for what was written before when `after` names it."""
        answer = self.send("GET", path, who, params=parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def do(self, path: str, who: dict[str, str] | None = None, **given: Any) -> tuple[dict[str, Any], str]:
        """What a write answers, and its `After`."""
        answer = self.send("POST", path, who, **given)
        assert answer.status_code in (200, 201), answer.text
        return answer.json(), answer.headers["After"]

    def company(self, kinds: tuple[str, ...] = ("isp",), name: str = "Công ty mẫu") -> Company:
        """A new company with a key that opens the doors already."""
        code = f"mau-{uuid4().hex[:12]}"
        entered, _ = self.do("/providers", json={"code": code, "name": f"{name} {code}", "kinds": kinds})
        issued, after = self.do(f"/providers/{entered['provider_id']}/api-keys")
        self.ask("/providers", after=after)
        return Company(UUID(entered["provider_id"]), code, f"{name} {code}", issued["api_key"])

    def file_list(self, company: Company, content: bytes, month: str = "2026-10", **given: Any) -> requests.Response:
        return self.send("POST", "/agent-lists", key_of(company), params={"month": month}, data=content, **given)

    def agents_of(self, company: Company, count: int) -> list[dict[str, Any]]:
        """The company's agents once there are so many."""

        def found() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = self.ask("/agents", provider_id=str(company.provider_id), limit=200)["items"]
            return items if len(items) == count else []

        return wait_until(found, 20, f"{count} agents of {company.name}")

    def execute_order(self, order: OrderExecuted) -> None:
        """What enforcement would publish when a company reports an execution."""
        now, stream = datetime.now(UTC), order.order_id
        partition = partition_of(stream)
        self._position += 1
        envelope = Envelope(
            source="enforcement",
            event_id=uuid4(),
            type=order.message_type,
            schema_version=order.schema_version,
            stream_id=stream,
            stream_version=1,
            scope="hai-duong",
            occurred_at=now,
            sequenced_at=now,
            epoch=1,
            position=self._position,
            prev=self._executed.get(partition, 0),
            meta=Metadata(actor="company:x", clause="HD-2.1d3", correlation_id=uuid4(), causation_id=uuid4())
            .model_dump_json()
            .encode(),
            data=order.model_dump_json().encode(),
        )
        self._executed[partition] = self._position
        with closing(KafkaProducer(**self.stack.servers.kafka.client_settings())) as producer:
            headers = to_headers(envelope)
            sent = producer.send(
                events_topic("enforcement"), envelope.data, str(stream).encode(), headers, partition=partition
            )
            sent.get(timeout=20)

    def events(self, kind: str, **fields: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """(data, metadata) of the stored events of a type whose data has these fields."""
        wanted = json.dumps({name: str(value) for name, value in fields.items()})
        sql = "select data, metadata from event where type = %s and data::jsonb @> %s order by event_no"
        return [(data, meta) for data, meta in self.query(sql, (kind, wanted))]

    def query(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        dsn = self.stack.servers.postgres.url("postgres", "postgres-admin", SERVICE)
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    @contextmanager
    def stream_held(self, stream_id: UUID) -> Iterator[None]:
        """Whoever wants to begin this stream waits meanwhile."""
        dsn = self.stack.servers.postgres.url("postgres", "postgres-admin", SERVICE)
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            sql = "insert into stream (stream_id, category, scope, version) values (%s, 'agent', 'hai-duong', 0)"
            cursor.execute(sql, (str(stream_id),))
            yield
            connection.rollback()

    def metric(self, name: str, **labels: str) -> float:
        """The value of one series of the `work` process; -1 when there is no such series."""
        port = self.stack.ports.metrics[SERVICE]
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        for found, value in re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE):
            if all(f'{label}="{wanted}"' in found for label, wanted in labels.items()):
                return float(value)
        return -1


def key_of(company: Company) -> dict[str, str]:
    return {"Authorization": f"Bearer {company.api_key}"}


def refused(answer: requests.Response) -> tuple[int, str]:
    """The status and the stable code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="session")
def register() -> Iterator[Register]:
    state = own_state("registry")
    stack = Stack(state, ports.free())
    try:
        stack.start_servers()
        kafka = stack.servers.kafka
        topics.apply(KafkaSettings(kafka.bootstrap_servers, ADMIN, kafka.password(ADMIN)))
        argv = [sys.executable, "-m", f"services.{SERVICE}", "migrate"]
        migration = process.start(
            "registry-migrate", argv, state, environment=stack.environment(SERVICE), folder=CHECKOUT
        )
        process.run_to_end(migration, 60)
        stack.launch(SERVICE, "http")
        stack.launch(SERVICE, "work")
        stack.wait_ready()
        yield Register(stack)
    finally:
        stack.stop()
        shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture(scope="session")
def telecom(register: Register) -> Company:
    return register.company(("telecom",), "Viễn thông mẫu")


@pytest.fixture
def isp(register: Register) -> Company:
    """A company of the test's own."""
    return register.company()


Executed = Callable[..., OrderExecuted]


@pytest.fixture
def executed() -> Executed:
    """An OrderExecuted of today; the ids are new unless given."""

    def make(**given: Any) -> OrderExecuted:
        filled: dict[str, Any] = {
            "order_id": uuid4(),
            "case_id": uuid4(),
            "kind": "contract-termination",
            "addressee_id": uuid4(),
            "agent_id": uuid4(),
            "contract_id": None,
            "line_id": None,
            "outcome": "executed",
            "executed_on": date(2026, 11, 20),
            "evidence": "Biên bản thanh lý (mẫu)",
        }
        return OrderExecuted(**filled | given)

    return make
