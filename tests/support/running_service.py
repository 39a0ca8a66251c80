"""One real service on the run's shared servers: its migrations, then its processes, until the block ends."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import requests

from chassis.kafka.clients import KafkaSettings
from deploy.local.stack import process
from deploy.local.stack.environment import Environments, Existing
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.process import Child
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT
from tests.support.stack_fixture import Database

SCOPE = "hai-duong"
START_LIMIT_S = 60
STOP_LIMIT_S = 40


@contextmanager
def running(
    servers: Servers, service: str, database: Database, roles: Sequence[str] = ("http", "work")
) -> Iterator[None]:
    """Yields when every role is ready; all of them are ended afterwards."""
    environment = environment_of(servers, service, database)
    process.run_to_end(start(servers, service, "migrate", environment), START_LIMIT_S)
    children = {role: start(servers, service, role, environment) for role in roles}
    ports = {"http": servers.ports.http[service], "work": servers.ports.metrics[service]}
    try:
        for role, child in children.items():
            process.wait_ready(child, lambda port=ports[role]: is_ready(port), START_LIMIT_S)  # type: ignore[misc]
        yield
    finally:
        for child in children.values():
            child.stop(STOP_LIMIT_S)


def environment_of(servers: Servers, service: str, database: Database) -> dict[str, str]:
    """What the stack gives a service, with this database."""
    keys = str(ensure_keys(servers.state))
    return {
        **Environments(servers, Existing(False, False), keys, SCOPE).of_service(service),
        f"DATABASE_URL_{service.upper()}": database.dsn,
        f"DATABASE_OWNER_URL_{service.upper()}": database.owner_dsn,
    }


def start(servers: Servers, service: str, role: str, environment: Mapping[str, str]) -> Child:
    argv = [sys.executable, "-m", f"services.{service}", role]
    return process.start(f"{service}-{role}", argv, servers.state, environment=environment, folder=CHECKOUT)


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def as_user(servers: Servers, name: str) -> KafkaSettings:
    """The bus, as this user sees it."""
    return KafkaSettings(servers.kafka.bootstrap_servers, name, servers.kafka.password(name))
