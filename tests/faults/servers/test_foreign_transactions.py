"""F18: somebody's transaction stays open, in this database and in another one."""

from contextlib import closing

import psycopg2
import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

OPEN = "begin isolation level repeatable read; select pg_current_xact_id()"
DEAD_ROWS = "phoihop_unsequenced_dead_rows"


@pytest.mark.fault("F18")
def test_a_transaction_that_somebody_leaves_open_holds_nothing_up_and_is_seen(system: System) -> None:
    registry = system.service("registry")
    elsewhere = system.stack.servers.postgres.admin_dsn
    with closing(psycopg2.connect(registry.dsn)) as here, closing(psycopg2.connect(elsewhere)) as there:
        for connection in (here, there):
            connection.cursor().execute(OPEN)
        with system.busy() as traffic:
            for _ in rounds("F18", "commands"):
                traffic.wait_for(1)
        system.checker.wait_until_drained()
        registry.rows("analyze public.unsequenced; select 1")
        wait_until(
            lambda: system.metric("registry-work", DEAD_ROWS) >= 10,
            30,
            "what cannot be swept away is seen",
            every_s=0.2,
        )
        wait_until(
            lambda: system.metric("registry-work", "phoihop_unsequenced_events") == 0,
            30,
            "a measure made after the last command",
            every_s=0.2,
        )
        system.check()
