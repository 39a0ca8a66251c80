"""F7: `kill -9` of a consumer before and after it commits, to PostgreSQL and to Kafka. Nothing is lost or doubled."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.counter.process import CounterService
from tests.faults.doses import rounds
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

CRASH_POINTS = (
    "consume.before-commit",
    "consume.after-commit",
    "consume.before-kafka-commit",
    "consume.after-kafka-commit",
)
COUNTERS = 8


@pytest.fixture
def counter(database: Database, kafka: dict[str, Any], tmp_path: Path) -> Iterator[CounterService]:
    made = CounterService(database, kafka, tmp_path)
    yield made
    made.end()


@pytest.mark.fault("F7")
def test_a_read_model_killed_around_its_commits_loses_and_doubles_nothing(counter: CounterService) -> None:
    counters = [counter.count() for _ in range(COUNTERS)]
    for _ in rounds("F7", "rounds"):
        for point in CRASH_POINTS:
            for one in counters:
                counter.count(one, by=2)
            work = counter.start(PHOIHOP_CRASH_AT=point)
            assert work.ends_by_itself(40) == -signal.SIGKILL, f"{point}: {work.log.read_text()[-2000:]}"
    for one in counters:
        counter.count(one, by=3)
    work = counter.start()
    wait_until(counter.caught_up, 40, f"the read model catches up ({work.log})")
    counter.check()


@pytest.mark.fault("F7")
def test_another_process_takes_over_a_killed_ones_partitions(counter: CounterService) -> None:
    counters = [counter.count() for _ in range(COUNTERS)]
    first = counter.start()
    wait_until(counter.caught_up, 40, f"the read model catches up ({first.log})")
    second = counter.start()
    first.kill()
    for one in counters:
        counter.count(one, by=2)
    wait_until(counter.caught_up, 90, f"the other one takes over the partitions ({second.log})")
    counter.check()
