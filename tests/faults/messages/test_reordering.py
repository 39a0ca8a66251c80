"""Messages of one partition in any order: detected by prev and position, and never applied out of order."""

import random
from collections import defaultdict
from typing import Any

import pytest

from chassis.consume.consumer import Projections
from contracts.sql import Cursor
from tests.faults.doses import rounds
from tests.faults.messages.bench import Bench, read_models

STREAMS = 5
PARTITION = 7
SEED = 20091117


class Recording(Projections):
    """registry's read models, and in which order they were given what."""

    def __init__(self) -> None:
        super().__init__(read_models().projections)
        self.given: list[Any] = []

    def apply(self, cursor: Cursor, consumer: str, batch: Any) -> None:
        super().apply(cursor, consumer, batch)
        self.given += batch


@pytest.mark.fault("F33")
def test_a_shuffled_partition_is_applied_in_the_order_of_its_log(bench: Bench) -> None:
    chance = random.Random(SEED)
    recording = Recording()
    loop = bench.loop(recording)
    bench.run_to_the_end(loop)
    for _ in rounds("F33", "orders"):
        bench.agents(STREAMS, partition=PARTITION)
        facts = bench.new_facts()
        shuffled = facts + chance.choices(facts, k=len(facts) // 4)
        chance.shuffle(shuffled)
        bench.send(shuffled)
        bench.run_to_the_end(loop)
    positions, versions = defaultdict(list), defaultdict(list)
    for received in recording.given:
        positions[received.partition].append(received.envelope.position)
        versions[received.envelope.stream_id].append(received.envelope.stream_version)
    assert all(met == sorted(set(met)) for met in positions.values()), "each once, in the order of the log"
    assert all(met == list(range(1, len(met) + 1)) for met in versions.values()), "no version before the one before"
    bench.checker(relayed=False).check()


@pytest.mark.fault("F33")
def test_what_comes_too_early_waits_until_what_is_missing_has_come(bench: Bench) -> None:
    recording = Recording()
    loop = bench.loop(recording)
    bench.run_to_the_end(loop)
    recording.given.clear()
    bench.agents(1, partition=PARTITION)
    first, *later = bench.new_facts()
    bench.send(later)
    bench.run(loop, lambda: loop.run_once(0.05) == 0, "the partition is read to its end")
    assert recording.given == []
    bench.send([first])
    bench.run_to_the_end(loop)
    assert [received.envelope.position for received in recording.given] == [
        envelope.position for _, envelope in (first, *later)
    ]
    bench.checker(relayed=False).check()
