"""F12: a new version that cannot start, because its settings are wrong or its migrations are: the old one serves on."""

from functools import partial
from pathlib import Path

import pytest

from deploy.local.stack.process import Child
from deploy.local.stack.stack import ready_answer
from deploy.local.stack.supervisor import FIRST_PAUSE_S, LONGEST_PAUSE_S, Supervisor
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

NEXT = "tests.faults.releases.next"
START_S = 60
FORGET = "drop table if exists next_note; delete from migration where name like 'next/%' returning 1"


def said(child: Child) -> list[str]:
    """Every line that it wrote since it was started."""
    return child.log.read_bytes()[child.log_start :].decode().strip().splitlines()


@pytest.mark.fault("F12")
def test_a_start_with_a_wrong_setting_says_why_in_one_line_and_is_tried_more_and_more_seldom(system: System) -> None:
    told: list[str] = []
    supervisor = Supervisor(told.append)

    def start() -> Child:
        return system.start_twin("registry", "http", PHOIHOP_POOL_SIZE="many")

    with system.busy() as traffic:
        first = start()
        supervisor.watch(first, start)

        def died(times: int) -> bool:
            supervisor.tick()
            return len([line for line in told if "starts again" in line]) >= times

        wait_until(lambda: died(1), START_S, "it dies")
        (line,) = said(first)
        assert line.startswith("registry http cannot start: setting PHOIHOP_POOL_SIZE")
        deaths = rounds("F12", "deaths")
        for times in deaths:
            wait_until(partial(died, times), LONGEST_PAUSE_S + START_S, "it dies again", every_s=0.1)
        pauses = [line.rsplit(" ", 2)[1] for line in told if "starts again" in line]
        assert pauses == [f"{min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S):g}" for number in range(deaths.given)]
        assert ready_answer(system.twin_port), "what cannot start is not ready"
        traffic.wait_for(3)
    system.check()


@pytest.mark.fault("F12")
def test_while_a_migration_stands_half_applied_the_old_version_serves_and_the_new_one_is_not_ready(
    system: System, tmp_path: Path
) -> None:
    folder = tmp_path / "next" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0901_note.sql").write_text("create table public.next_note (no int);")
    (folder / "0902_wrong.sql").write_text(
        "alter table public.next_note add by int; alter table public.absent add no int;"
    )
    where = {"NEXT_RELEASE_MIGRATIONS": str(folder)}
    database = system.service("registry")
    try:
        with system.busy() as traffic:
            migration = system.start_twin("registry", "migrate", NEXT, **where)
            assert migration.process.wait(START_S) == 1
            (line,) = said(migration)
            assert line.startswith("registry migrate cannot start: next/0902_wrong.sql: ")
            assert database.value("select count(*) from information_schema.columns where table_name = 'next_note'") == 1
            upgraded = system.start_twin("registry", "http", NEXT, **where)
            try:
                missing = "migration next/0902_wrong.sql is missing"
                wait_until(lambda: missing in ready_answer(system.twin_port), START_S, "it says what it lacks")
                assert not ready_answer(system.port("registry-http"))
                traffic.wait_for(3)
                (folder / "0902_wrong.sql").write_text("alter table public.next_note add by int;")
                mended = system.start_twin("registry", "migrate", NEXT, **where)
                assert mended.process.wait(START_S) == 0, mended.last_lines()
                wait_until(lambda: not ready_answer(system.twin_port), START_S, "it is ready by itself")
                traffic.wait_for(3)
            finally:
                upgraded.stop(10)
        system.check()
    finally:
        database.rows(FORGET)
