"""F17: PostgreSQL lets nobody in any more, and a pooler in transaction mode lies between."""

import subprocess
import sys
from contextlib import closing
from functools import partial

import psycopg2
import pytest

from deploy.local.stack.state import CHECKOUT
from tests.faults.doses import rounds
from tests.faults.servers.pooler import SESSIONS, pooling
from tests.faults.system import System
from tests.support.waiting import wait_until

FAILURES = "phoihop_database_failures_total"
CUT = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'registry'"
SESSIONS_OF = "select count(*) from pg_stat_activity where usename = 'registry'"
SETTINGS = "select current_setting('search_path'), current_setting('statement_timeout')"
REGISTRY = ("registry-http", "registry-work")
THROUGH_POOLER = ("registry-http", "registry-work", "notify-work")


@pytest.mark.fault("F17")
def test_at_the_connection_limit_callers_are_told_when_to_come_back_and_nothing_is_lost(system: System) -> None:
    registry, world = system.service("registry"), system.world
    asked = "/registry/v1/agents"

    def shows_more(name: str, before: float) -> bool:
        return system.metric(name, FAILURES, cause="refused") > before

    with system.busy() as traffic:
        for _ in rounds("F17", "limits"):
            traffic.wait_for(3)
            before = {name: system.metric(name, FAILURES, cause="refused") for name in REGISTRY}
            limit(system, 0)
            try:
                registry.rows(CUT)

                def refused() -> bool:
                    response = world.doors.read(world.officer, asked, limit=1)
                    return (response.status_code, response.headers.get("Retry-After")) == (503, "1")

                wait_until(refused, 20, "registry asks its callers to come back")
                for name in REGISTRY:
                    wait_until(partial(shows_more, name, before[name]), 20, f"{name} shows that it is not let in")
                limit(system, 3)
                traffic.wait_for(2)
            finally:
                limit(system, -1)
            traffic.wait_for(3)
    system.check()


@pytest.mark.fault("F17")
def test_behind_a_pooler_in_transaction_mode_everything_works_and_no_setting_is_left_behind(system: System) -> None:
    services = ("registry", "notify")
    with pooling(system, *services) as pooler:
        for name in THROUGH_POOLER:
            service, _, _ = name.partition("-")
            system.restart(name, **{f"DATABASE_URL_{service.upper()}": pooler.url(service)})
        system.wait_ready(*THROUGH_POOLER)
        with system.busy() as traffic:
            traffic.wait_for(5)
            for _ in rounds("F17", "kills"):
                pooler.kill()
                pooler.start()
                traffic.wait_for(5)
            assert 0 < system.service("registry").value(SESSIONS_OF) <= SESSIONS
            with closing(psycopg2.connect(pooler.url("registry"))) as stranger, stranger.cursor() as cursor:
                cursor.execute(SETTINGS)
                assert cursor.fetchone() == ('"$user", public', "0")
        assert system.metric("registry-work", FAILURES, cause="lost"), "the death of the pooler was seen"
        system.check()


@pytest.mark.fault("F17")
def test_migrations_refuse_to_go_through_a_pooler(system: System) -> None:
    """Their lock is one of a session."""
    with pooling(system, "registry") as pooler:
        environment = system.stack.environment("registry") | {"DATABASE_OWNER_URL_REGISTRY": pooler.url("registry")}
        argv = [sys.executable, "-m", "services.registry", "migrate"]
        ended = subprocess.run(argv, env=environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=240)
    assert (ended.returncode, "leads to a pooler" in ended.stderr) == (1, True), ended.stderr


def limit(system: System, connections: int) -> None:
    """Of registry's role, for connections made from now on; -1: none."""
    system.service("registry").rows(f"alter role registry connection limit {connections}; select 1")
