"""F16: deadlocks, serialization failures and timeouts, at each statement of the way of a fact."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.load import Outcome
from tests.support.waiting import wait_until

FAILURES = "phoihop_database_failures_total"
CODES = {
    "40P01": "deadlock",
    "40001": "serialization",
    "55P03": "lock-timeout",
    "57014": "statement-timeout",
}
STATEMENTS = (
    ("command", "insert"),
    ("stream", "insert"),
    ("stream", "update"),
    ("event", "insert"),
    ("unsequenced", "insert"),
    ("unsequenced", "delete"),
    ("log", "insert"),
    ("relay_cursor", "update"),
    ("watermark", "update"),
)
STRIKES = 3
"""A command that meets three of them in a row is accepted at the fourth attempt."""
STRIKER = """
create schema fault;
create function fault.strike() returns trigger language plpgsql security definer as $$
begin
    if nextval('fault.' || tg_argv[0]) <= tg_argv[1]::int then  -- a sequence is not rolled back
        raise exception 'a fault, by a test' using errcode = tg_argv[2];
    end if;
    return null;
end $$;
"""
STRIKE = """
create sequence fault.{name};
create trigger fault_{name} after {verb} on public.{table} for each statement
    execute function fault.strike('{name}', '{strikes}', '{code}');
"""
MET = "select coalesce(min(coalesce(last_value, 0)), 0) from pg_sequences where schemaname = 'fault'"
WAITS = """
select count(*) from pg_stat_activity where application_name = 'registry http' and wait_event_type = 'Lock'
"""


@pytest.mark.fault("F16")
def test_a_statement_that_the_database_breaks_off_is_tried_again_and_takes_effect_once(system: System) -> None:
    registry = system.service("registry")
    with system.busy():
        for code, cause in (code for _ in rounds("F16", "rounds") for code in CODES.items()):
            before = {name: system.metric(name, FAILURES, cause=cause) for name in ("registry-http", "registry-work")}
            with striking(system, code):
                wait_until(lambda: registry.value(MET) > STRIKES, 60, "every statement was struck and then passed")
            for name, count in before.items():
                assert system.metric(name, FAILURES, cause=cause) >= count + STRIKES, f"{name} shows it"
    system.check()


@pytest.mark.fault("F16")
def test_of_a_real_deadlock_the_command_is_the_victim_and_succeeds_all_the_same(system: System) -> None:
    with rival(system) as other, ThreadPoolExecutor(1) as client:
        before = system.metric("registry-http", FAILURES, cause="deadlock")
        other.execute("lock table public.event in share row exclusive mode")
        asked = client.submit(system.world.doors.ask, system.world.officer, *registration(system))
        wait_until(lambda: system.service("registry").value(WAITS), 20, "the command waits for the other's lock")
        other.execute("lock table public.command in share row exclusive mode")
        other.connection.rollback()
        call = asked.result(60)
        assert (call.outcome, call.attempts) == (Outcome.OK, 1)
        assert system.metric("registry-http", FAILURES, cause="deadlock") == before + 1


@pytest.mark.fault("F16")
def test_who_waits_in_vain_for_a_lock_is_told_so_in_time_and_may_repeat(system: System) -> None:
    world, (path, body) = system.world, registration(system)
    with rival(system) as other:
        other.execute("lock table public.command in share row exclusive mode")
        told = world.doors.ask(world.officer, path, body, key="in-vain", patience_s=0)
        assert (told.outcome, told.status) == (Outcome.INFO, 503)
    again = world.doors.ask(world.officer, path, body, key="in-vain")
    assert (again.outcome, again.replayed) == (Outcome.OK, False)
    system.check()


def registration(system: System) -> tuple[str, dict[str, Any]]:
    return "/registry/v1/agents", system.world.agent_body()


@contextmanager
def striking(system: System, code: str) -> Iterator[None]:
    """Each statement of `STATEMENTS` fails with that code, so many times, in registry."""
    with closing(psycopg2.connect(system.service("registry").dsn)) as admin:
        admin.autocommit = True
        cursor = admin.cursor()
        cursor.execute(STRIKER)
        names = {f"{table}_{verb}": (table, verb) for table, verb in STATEMENTS}
        try:
            for name, (table, verb) in names.items():
                cursor.execute(STRIKE.format(name=name, table=table, verb=verb, strikes=STRIKES, code=code))
            yield
        finally:
            for name, (table, _) in names.items():
                cursor.execute(f"drop trigger if exists fault_{name} on public.{table}")
            cursor.execute("drop schema fault cascade")


@contextmanager
def rival(system: System) -> Iterator[Any]:
    """A session of somebody else in registry's database, inside a transaction."""
    with closing(psycopg2.connect(system.service("registry").dsn)) as connection:
        yield connection.cursor()
