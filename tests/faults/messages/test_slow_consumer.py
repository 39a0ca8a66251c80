"""F37: read models ten times slower than events come in: the pile is seen, memory is kept, and they catch up."""

from functools import partial
from pathlib import Path

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.load import Traffic
from tests.support.waiting import wait_until

SLOW = "tests.faults.releases.slow"
CONSUMER = "registry.views"
LAG = "phoihop_consumer_lag_events"
AGE = "phoihop_consumer_oldest_unapplied_age_seconds"
MEMORY = "process_resident_memory_bytes"
MIB = 2**20
MOST_GROWTH = 64 * MIB
"""What kafka-python fetches ahead, and a batch; the pile itself stays where it is."""
HEAD = "select coalesce(max(position), 0) from log"
BEHIND = """
select (select max(position) from log) - coalesce((select max(position) from watermark where consumer like %s), 0)
"""
A_PILE = 50
PILE_LIMIT_S = 600
CAUGHT_UP_S = 300
NEARLY = 20


@pytest.mark.fault("F37")
def test_a_slow_consumer_piles_up_on_kafka_and_not_in_memory_and_catches_up_faster_than_it_came(
    system: System, tmp_path: Path
) -> None:
    registry, slowness = system.service("registry"), tmp_path / "seconds"
    system.launch_release("registry-work", SLOW, SLOW_RELEASE="registry", SLOW_RELEASE_FILE=str(slowness))
    system.wait_ready("registry-work")

    def pile() -> int:
        return int(registry.value(BEHIND, f"{CONSUMER}@%"))

    def is_piled(events: int) -> bool:
        return pile() >= events

    with Traffic(system.world.register_and_sign, pause_s=0.03, most=100_000).running() as traffic:
        traffic.wait_for(5)
        wait_until(lambda: pile() < NEARLY, CAUGHT_UP_S, "it keeps up")
        before = system.metric("registry-work", MEMORY)
        slowness.write_text("0.2")
        for events in rounds("F37", "events", by=A_PILE):
            wait_until(partial(is_piled, events), PILE_LIMIT_S, "a pile")
        wait_until(
            lambda: (
                system.metric("registry-work", LAG, consumer=CONSUMER) > 0
                and system.metric("registry-work", AGE, consumer=CONSUMER) > 0
            ),
            60,
            "the pile is seen",
            every_s=0.2,
        )
        assert system.metric("registry-work", MEMORY) - before < MOST_GROWTH
        slowness.unlink()
        piled, begin = pile(), registry.value(HEAD)
        wait_until(lambda: pile() < NEARLY, CAUGHT_UP_S, "it has caught up, while more came")
        came = registry.value(HEAD) - begin
    assert came <= piled, "it did more than twice what came in meanwhile"
    wait_until(
        lambda: system.metric("registry-work", LAG, consumer=CONSUMER) == 0, 60, "the alarm is over", every_s=0.2
    )
    system.check()
