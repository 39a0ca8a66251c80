"""Inspection as it runs: both processes on the run's servers, spoken to over HTTP and Kafka as others do."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import requests

from chassis.identity.officers import issue_token
from chassis.kafka.clients import KafkaSettings
from chassis.kafka.partition import partition_of
from contracts.envelope import Envelope, to_headers
from contracts.events.registry import AgentRegistered
from contracts.topics import agency_user
from deploy.local.stack import process, programs
from deploy.local.stack.environment import Environments, Existing
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.process import Child
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT
from tests.support.fresh_topics import make_topics_anew
from tests.support.stack_fixture import Database, Databases
from tests.support.waiting import wait_until

SCOPE = "hai-duong"
OURS = ("inspection.", "registry.events.")
COMMANDS, REPLIES = "inspection.commands.ppd.v1", "inspection.replies.ppd.v1"


@dataclass
class Doors:
    """Where to knock. `police` is the interpreter of the police's own program."""

    servers: Servers
    database: Database
    environment: Mapping[str, str]
    keys: Path
    police: Path
    log_position: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers.ports.http['inspection']}/inspection/v1"

    def token(self, agency: str, role: str = "officer") -> str:
        key = (self.keys / "jwt-issuer.pem").read_bytes()
        return issue_token(key, agency=agency, role=role, subject="le-van-a")

    def post(self, agency: str, path: str, body: Any, key: str | None = None, **headers: str) -> requests.Response:
        head = {"Authorization": f"Bearer {self.token(agency)}", "Idempotency-Key": key or str(uuid4()), **headers}
        return requests.post(self.url + path, json=body, headers=head, timeout=20)

    def get(self, path: str, agency: str = "dic", **parameters: Any) -> requests.Response:
        head = {"Authorization": f"Bearer {self.token(agency)}"}
        return requests.get(self.url + path, params=parameters, headers=head, timeout=20)

    def register(self, event: AgentRegistered) -> str:
        """As the register would publish it. Answers what `?after=` takes."""
        self.log_position += 1
        now = datetime.now(UTC)
        envelope = Envelope(
            "registry", uuid4(), event.message_type, event.schema_version, event.agent_id, 1, SCOPE, now, now,
            1, self.log_position, 0, json.dumps(_meta()).encode(), event.model_dump_json().encode(),
        )  # fmt: skip
        key = str(event.agent_id).encode()
        producer = self.kafka("registry").producer()
        sent = producer.send(
            "registry.events.v1",
            key=key,
            value=envelope.data,
            headers=to_headers(envelope),
            partition=partition_of(event.agent_id),
        )
        sent.get(timeout=20)
        producer.close()
        return f"{event.agent_id}@1"

    def kafka(self, user: str) -> KafkaSettings:
        return KafkaSettings(self.servers.kafka.bootstrap_servers, user, self.servers.kafka.password(user))

    def send(self, value: bytes, headers: Mapping[str, str]) -> None:
        """As the police's system: any bytes on its command topic."""
        producer = self.kafka(agency_user("ppd")).producer()
        sent = producer.send(COMMANDS, value=value, headers=[(name, text.encode()) for name, text in headers.items()])
        sent.get(timeout=20)
        producer.close()

    def replies(self) -> list[dict[str, Any]]:
        """Everything on the reply topic, each with its headers."""
        consumer = self.kafka(agency_user("ppd")).consumer()
        from chassis.kafka.clients import TopicPartition

        place = TopicPartition(REPLIES, 0)
        consumer.assign([place])
        end = consumer.end_offsets([place])[place]
        consumer.seek_to_beginning(place)
        found: list[dict[str, Any]] = []
        while consumer.position(place) < end:
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    found.append({"headers": headers, **json.loads(record.value)})
        consumer.close()
        return found

    def reply_to(self, sent_id: str, count: int = 1) -> list[dict[str, Any]]:
        def answered() -> list[dict[str, Any]]:
            found = [one for one in self.replies() if one["headers"]["ce_causation"] == sent_id]
            return found if len(found) >= count else []

        return wait_until(answered, 20, f"{count} answers to {sent_id}", every_s=0.1)


def _meta() -> dict[str, str]:
    return {"actor": "officer:dic:a", "agency": "dic", "correlation_id": str(uuid4()), "causation_id": str(uuid4())}


@contextmanager
def running_inspection(servers: Servers, databases: Databases) -> Iterator[Doors]:
    """On empty topics and a new database; the topics are empty again afterwards."""
    keys = ensure_keys(servers.state)
    servers.kafka.ensure_users(["inspection", "registry", agency_user("ppd")])
    admin = KafkaSettings(servers.kafka.bootstrap_servers, ADMIN, servers.kafka.password(ADMIN))
    make_topics_anew(admin, OURS)
    database = databases.fresh("inspection")
    programs.install(servers.state, "police")
    environment = {
        **Environments(servers, Existing(False, False), str(keys), SCOPE).of_service("inspection"),
        "DATABASE_URL_INSPECTION": database.dsn,
        "DATABASE_OWNER_URL_INSPECTION": database.owner_dsn,
    }
    doors = Doors(servers, database, environment, keys, programs.python_of(servers.state, "police"))
    process.run_to_end(start(doors, "migrate"), 60)
    children = [start(doors, role) for role in ("http", "work")]
    try:
        for child, port in zip(children, (servers.ports.http, servers.ports.metrics), strict=True):
            process.wait_ready(child, lambda port=port["inspection"]: is_ready(port), 60)  # type: ignore[misc]
        yield doors
    finally:
        for child in children:
            child.stop(10)
        make_topics_anew(admin, OURS)
        databases.drop(database)


def start(doors: Doors, role: str) -> Child:
    argv = [sys.executable, "-m", "services.inspection", role]
    return process.start(
        f"inspection-{role}", argv, doors.servers.state, environment=doors.environment, folder=CHECKOUT
    )


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def agent(area: str = "nam-sach") -> AgentRegistered:
    return AgentRegistered(
        agent_id=UUID(int=uuid4().int),
        name="Đại lý Minh Anh",
        owner_name="Nguyễn Văn Minh",
        holder_kind="household",
        address="12 phố Thanh Lâm, thị trấn Nam Sách",
        area=area,
        business_certificate_number="04A8001234",
    )
