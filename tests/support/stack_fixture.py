"""Fixtures on the real servers: one PostgreSQL and one Kafka per test run, on free ports and a folder of their own.

servers     session    Servers: .postgres, .kafka, .state, .ports
databases   session    Databases: .fresh(), .copy_of(template, prepare)
database    function   Database: an empty database with an owner and a serving role
kafka       function   dict: kafka-python client settings of the super user

`own_stack(purpose)` starts a whole system for the story and the faults, to be used with `with`.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import ports
from deploy.local.stack.postgres import PostgresServer
from deploy.local.stack.process import end_leftovers
from deploy.local.stack.servers import Servers
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import StateFolder, default_root, exclusive

EMPTY_TEMPLATE = "phoihop_empty"


@dataclass(frozen=True)
class Database:
    """One database of a test; the DSNs are libpq URLs."""

    name: str
    serving_role: str
    owner_role: str
    dsn: str
    owner_dsn: str
    admin_dsn: str


class Databases:
    """Makes databases on the run's PostgreSQL in some 60 ms each; all go away with the run."""

    def __init__(self, postgres: PostgresServer) -> None:
        self._postgres = postgres
        self._numbers = itertools.count(1)
        self._roles: set[str] = set()
        postgres.create_databases([EMPTY_TEMPLATE])

    def fresh(self, service: str = "phoihop") -> Database:
        """An empty database with the extensions, owned by `<service>_owner`, open to `<service>`."""
        return self._clone(EMPTY_TEMPLATE, service)

    def copy_of(self, template: str, prepare: Callable[[Database], None], service: str = "phoihop") -> Database:
        """A copy of the database that `prepare` filled (migrations, say) the first time `template` was asked for.

        `prepare` must close its connections. `template` is a name of the caller's choice, unique in the run.
        """
        if not self._postgres.exists(template):
            filled = self.fresh(service)
            prepare(filled)
            self._postgres.clone(filled.name, template, service)
            self._postgres.drop(filled.name)
        return self._clone(template, service)

    def drop(self, database: Database) -> None:
        self._postgres.drop(database.name)

    def _clone(self, template: str, service: str) -> Database:
        if service not in self._roles:
            self._postgres.create_roles(service)
            self._roles.add(service)
        name = f"test_{next(self._numbers)}"
        self._postgres.clone(template, name, service)
        return Database(
            name=name,
            serving_role=service,
            owner_role=f"{service}_owner",
            dsn=self._postgres.dsn(service, "serving", database=name),
            owner_dsn=self._postgres.dsn(service, "owner", database=name),
            admin_dsn=self._postgres.url("postgres", "postgres-admin", name),
        )


def own_state(purpose: str = "run") -> StateFolder:
    """A new state folder, locked for this process; those of killed earlier runs are removed first."""
    root = default_root()
    runs = StateFolder(root).folder("tests")
    with exclusive(runs):
        for run in runs.iterdir():
            if run.is_dir():
                _remove_if_abandoned(run)
        state = StateFolder(runs / f"{purpose}-{os.getpid()}", installed=StateFolder(root).installed)
        state.lock()
    return state


@contextmanager
def own_stack(purpose: str, extra: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A whole system for one group of tests (story, faults), on free ports; `extra`: environment of its services.

    Its servers and services are supervised only while `wait_ready` or `watch_until` run: a test may kill them.
    """
    state = own_state(purpose)
    try:
        with Stack(state, ports.free(), extra=extra) as stack:
            yield stack
    finally:
        shutil.rmtree(state.root, ignore_errors=True)


def _remove_if_abandoned(run: Path) -> None:
    state = StateFolder(run)
    if not state.is_locked():
        end_leftovers(state)
        shutil.rmtree(run, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    state = own_state()
    try:
        with Servers(state, ports.free()) as running:
            yield running
    finally:
        shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(servers: Servers) -> Databases:
    return Databases(servers.postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    made = databases.fresh()
    yield made
    databases.drop(made)


@pytest.fixture
def kafka(servers: Servers) -> dict[str, Any]:
    return servers.kafka.client_settings()
