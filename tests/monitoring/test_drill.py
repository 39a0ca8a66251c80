"""A drill: the fault is really there, its alert fires in a real Prometheus, and is over when the fault is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.architecture.tracked import text
from tests.monitoring.faults import (
    Bench,
    broker_stopped,
    company_silent,
    consumer_held,
    sequencer_held,
    table_locked,
)
from tests.support.story_fixture import WatchedStory
from tests.support.waiting import wait_until

CALM_S = 60
FIRES_S = 60
IS_OVER_S = 90


@pytest.fixture(scope="module")
def nothing_overdue(bench: Bench) -> None:
    """The order that the story left overdue is taken back: a drill begins in silence."""
    page = bench.world.doors.read(bench.world.officer, "/enforcement/v1/orders", state="overdue").json()
    for order in page["items"]:
        bench.withdraw(order["order_id"])


@pytest.mark.usefixtures("nothing_overdue")
@pytest.mark.parametrize(
    ("fault", "alert"),
    [
        (broker_stopped, "RelayStalled"),
        (consumer_held, "ConsumerBehind"),
        (sequencer_held, "SequencerStalled"),
        (company_silent, "OrderOverdue"),
        (table_locked, "ExporterStale"),
    ],
    ids=["broker stopped", "consumer stopped", "sequencer held", "company silent", "table locked"],
)
def test_the_alert_fires_while_the_fault_lasts_and_resolves_after_it(
    fault: Callable[[Bench], AbstractContextManager[None]], alert: str, bench: Bench, watched_story: WatchedStory
) -> None:
    prometheus = watched_story.prometheus
    wait_until(
        lambda: "Watchdog" in (firing := prometheus.firing()) and alert not in firing,
        CALM_S,
        f"no {alert} yet",
        every_s=0.2,
    )
    with fault(bench):
        wait_until(lambda: alert in prometheus.firing(), FIRES_S, f"{alert} fires", every_s=0.2)
    wait_until(lambda: alert not in prometheus.firing(), IS_OVER_S, f"{alert} is over", every_s=0.2)


def test_the_runbook_of_a_held_sequencer_names_who_holds_it(bench: Bench) -> None:
    section = text(Path("docs/operations.md")).partition("\n### SequencerStalled\n")[2].partition("\n### ")[0]
    typed = section.partition("```sql")[2].partition("```")[0]
    with sequencer_held(bench), bench.database("registry") as cursor:
        cursor.execute(typed)
        ((_, _, state, _),) = cursor.fetchall()
    assert state == "idle in transaction"
