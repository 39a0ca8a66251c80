"""F20: the clock of the database's host is set by an hour, forth and back, and strobes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from deploy.local.stack import fault_programs
from deploy.local.stack.state import NOBODY
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.misbehaving import TOLERANCE
from tests.support.waiting import wait_until

HOUR_S = 3600
COMMANDS = 4
STROBES = 20
SEEN_S = 30
SKEW = "phoihop_clock_skew_total"
AHEAD = "phoihop_log_ahead_of_clock_seconds"
FELL_BACK = """
select count(*) from (
    select sequenced_at < lag(sequenced_at) over (order by position) as fell from public.log) as times where fell
"""
SHOWN = "select extract(epoch from clock_timestamp())::float8 - %s"


@pytest.mark.fault("F20")
def test_a_clock_that_is_set_by_an_hour_expires_nothing_and_keeps_the_order(system: System) -> None:
    with steered_clock(system) as set_by, system.busy() as traffic:
        for _ in rounds("F20", "steps", by=2):
            before = system.metric("enforcement-work", SKEW)
            set_by(HOUR_S)
            traffic.wait_for(COMMANDS)
            wait_until(
                lambda before=before: system.metric("enforcement-work", SKEW) > before,  # type: ignore[misc]
                SEEN_S,
                "facts of the future are seen",
            )
            set_by(0)
            traffic.wait_for(COMMANDS)
            wait_until(lambda: system.metric("registry-work", AHEAD) > HOUR_S / 2, SEEN_S, "the step back is seen")
            set_by(-HOUR_S)
            traffic.wait_for(COMMANDS)
            for strobe in range(STROBES):
                set_by((-1) ** strobe * HOUR_S)
            set_by(0)
            traffic.wait_for(COMMANDS)
    system.check()
    for name in system.checker.services:
        assert system.service(name).value(FELL_BACK) == 0, "sequenced_at never falls"


@contextmanager
def steered_clock(system: System) -> Iterator[Callable[[int], None]]:
    """PostgreSQL runs on a clock that the test sets, by so many seconds; all others keep the machine's."""
    postgres = system.stack.servers.postgres
    programs = fault_programs.install(system.stack.state.servers)
    offset = system.stack.state.folder("clock") / "offset"

    def set_by(seconds: int) -> None:
        partial = offset.with_suffix(".partial")
        partial.write_text(f"{seconds:+}")
        partial.rename(offset)
        for receiver in system.receivers.all:
            receiver.tolerance = timedelta(seconds=HOUR_S) + TOLERANCE

    set_by(0)
    if os.geteuid() == 0:
        os.chown(offset, NOBODY, NOBODY)
    postgres.stop("immediate")
    postgres.wrapper = (
        "env",
        f"LD_PRELOAD={programs.faketime}",
        f"FAKETIME_TIMESTAMP_FILE={offset}",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "DONT_FAKE_MONOTONIC=1",
        "NO_FAKE_STAT=1",
    )
    try:
        postgres.start()
        yield set_by
        system.checker.wait_until_drained()
    finally:
        postgres.stop("immediate")
        postgres.wrapper = ()
        postgres.start()
        for receiver in system.receivers.all:
            receiver.tolerance = TOLERANCE
