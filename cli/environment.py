"""Where the system is: from the environment, or from what a running local stack wrote down for its operator."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.kafka.clients import KafkaSettings
from chassis.postgres.pool import Pool
from chassis.settings import CannotStart, Settings
from contracts.topics import SERVICES

CHECKOUT = Path(__file__).resolve().parents[1]


class NotConfigured(Exception):
    """Nothing says where the system is."""


class NoSuchService(Exception):
    """The service is not one of ours."""


def load() -> None:
    """Takes over what the local stack wrote down, unless the environment says something itself."""
    if "PHOIHOP_SECRETS" in os.environ:
        return
    written = _state() / "environment"
    if not written.exists():
        return
    for line in written.read_text().splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)


def _state() -> Path:
    """The local stack's folder, by the rule of deploy/local: it is another program, so the rule is followed here."""
    if "PHOIHOP_STATE" in os.environ:
        return Path(os.environ["PHOIHOP_STATE"])
    if os.geteuid() == 0:
        return Path("/var/lib/phoihop") / hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return CHECKOUT / ".state"


def settings(service: str) -> Settings:
    """Raises NoSuchService, NotConfigured."""
    _must_exist(service)
    try:
        found = Settings(service)
    except CannotStart as reason:
        raise NotConfigured(str(reason)) from None
    if not found.database_url:
        raise NotConfigured(
            f"DATABASE_URL_{service.upper()} is not set and no local stack runs; start one with `make run`"
        )
    return found


def _must_exist(service: str) -> None:
    if service not in SERVICES:
        raise NoSuchService(f"there is no service {service}; there are {', '.join(SERVICES)}")


def kafka() -> KafkaSettings:
    """The bus, as this environment's user. Raises NotConfigured."""
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if not bootstrap:
        raise NotConfigured("KAFKA_BOOTSTRAP_SERVERS is not set and no local stack runs; start one with `make run`")
    return KafkaSettings(bootstrap, os.environ.get("KAFKA_USERNAME"), os.environ.get("KAFKA_PASSWORD"))


@contextmanager
def database(service: str, *, owner: bool = False, size: int = 2) -> Iterator[Pool]:
    """A pool on the service's database, as the serving role or as the owner, whose long work the server lets be.

    Raises NoSuchService, NotConfigured; DatabaseError and Unavailable when it is used.
    """
    found = settings(service)
    dsn = found.database_owner_url if owner else found.database_url
    if not dsn:
        raise NotConfigured(f"DATABASE_OWNER_URL_{service.upper()} is not set")
    pool = Pool(dsn, size, statement_timeout_s=0, idle_s=0) if owner else Pool(dsn, size)
    try:
        yield pool
    finally:
        pool.close()


def url(service: str) -> str:
    """Where the service's HTTP door is. Raises NoSuchService, NotConfigured."""
    _must_exist(service)
    found = os.environ.get(f"PHOIHOP_URL_{service.upper()}")
    if not found:
        raise NotConfigured(f"PHOIHOP_URL_{service.upper()} is not set and no local stack runs; start one: `make run`")
    return found


def secret(name: str) -> bytes:
    """A secret file's bytes. Raises NotConfigured."""
    folder = os.environ.get("PHOIHOP_SECRETS")
    if not folder:
        raise NotConfigured("PHOIHOP_SECRETS is not set and no local stack runs; start one with `make run`")
    try:
        return (Path(folder) / name).read_bytes()
    except OSError as error:
        raise NotConfigured(f"{name} cannot be read from {folder}: {error.strerror}") from None
