"""A fresh database of the counter for every test, cloned from one that was migrated once."""

from collections.abc import Iterator

import pytest

from chassis.consume import views
from chassis.consume.consumer import Consumer, Projections
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.postgres import migrate
from chassis.postgres.pool import Pool
from tests.conformance.counter.totals import Totals
from tests.integration.consume.rig import TOPIC, Rig
from tests.support.stack_fixture import Database, Databases


def prepare(database: Database) -> None:
    migrate.apply(database.owner_dsn, database.serving_role, CHASSIS_MIGRATIONS)
    owner = Pool(database.owner_dsn, size=1)
    with owner.transaction() as cursor:
        views.install(cursor, database.serving_role, [Consumer("counter.views", (TOPIC,), Projections([Totals()]))])
    owner.close()


@pytest.fixture
def rig(databases: Databases) -> Iterator[Rig]:
    database = databases.copy_of("counter_consume", prepare, "counter")
    pool, owner = Pool(database.dsn, size=8), Pool(database.owner_dsn, size=4, statement_timeout_s=0)
    yield Rig(pool, owner, database.serving_role)
    pool.close()
    owner.close()
    databases.drop(database)
