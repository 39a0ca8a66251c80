"""A database of its own for each test, with the chassis's tables in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from tests.integration.store.counting import Store
from tests.support.stack_fixture import Database, Databases


def tables(database: Database) -> None:
    migrate.apply(database.owner_dsn, database.serving_role, CHASSIS_MIGRATIONS)


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    with made(databases) as store:
        yield store


@contextmanager
def made(
    databases: Databases, template: str = "chassis_tables", prepare: Callable[[Database], None] = tables
) -> Iterator[Store]:
    """A store on a new copy of what `prepare` filled, dropped at the end."""
    database = databases.copy_of(template, prepare)
    with opened(database) as store:
        yield store
    databases.drop(database)


@contextmanager
def opened(database: Database) -> Iterator[Store]:
    pool = Pool(database.dsn, 12, application_name="store test")
    yield Store(pool, database.owner_dsn, database.admin_dsn, database.dsn, database.serving_role)
    pool.close()
