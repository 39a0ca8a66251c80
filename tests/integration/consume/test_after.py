"""Reading what one wrote."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.consume import after
from chassis.consume.after import ProjectionBehind, ProjectionParked, parse, wait_until_seen
from chassis.consume.consumer import Consumer, Projections
from chassis.kafka.partition import partition_of
from chassis.postgres.pool import Unavailable
from contracts.refusals import Malformed
from tests.integration.consume.rig import TOPIC, Failing, Rig, failing_on
from tests.support.waiting import wait_until

A, B = UUID(int=1), UUID(int=2)


def test_the_highest_version_of_each_stream_counts():
    assert parse(f"{A}@3,{B}@1,{A}@5") == {A: 5, B: 1}


@pytest.mark.parametrize("after", ["", "x", f"{A}", f"{A}@", f"{A}@-1", f"{A}@1;{B}@1", f"{A}@1" + f",{A}@1" * 20])
def test_what_no_write_answered_is_refused(after: str):
    with pytest.raises(Malformed):
        parse(after)


def test_what_was_seen_can_be_read_at_once(rig: Rig):
    counter = rig.count()
    rig.publish()
    rig.settle(rig.loop())
    wait_until_seen(rig.pool, "counter.views", f"{counter}@1", timeout=0)


def test_a_view_that_does_not_catch_up_says_so(rig: Rig):
    counter = rig.count()
    with pytest.raises(ProjectionBehind):
        wait_until_seen(rig.pool, "counter.views", f"{counter}@1", timeout=0.1)


def test_a_read_waits_until_the_view_has_caught_up(rig: Rig):
    first, second = rig.count(), rig.count()
    rig.publish()
    loop = rig.loop()
    catching_up = threading.Timer(0.2, lambda: rig.settle(loop))
    catching_up.start()
    wait_until_seen(rig.pool, "counter.views", f"{first}@1,{second}@1", timeout=10)
    assert rig.total(first) == rig.total(second) == (1, 1)
    catching_up.join()


class Looks:
    """Every look at the database, by how many it was for; the next ones fail as long as `broken` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.readers: list[int] = []
        self.broken = 0
        self._look = after._look
        monkeypatch.setattr(after, "_look", self)

    def __call__(self, pool: Any, readers: Sequence[Any]) -> None:
        self.readers.append(len(readers))
        if self.broken and len(readers) > 1:
            self.broken -= 1
            raise Unavailable("the database is away")
        self._look(pool, readers)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_one_looks_for_all_who_wait(rig: Rig, looks: Looks):
    counters = [rig.count() for _ in range(8)]
    rig.publish()
    with ThreadPoolExecutor(len(counters)) as readers:
        waiting = [readers.submit(wait_until_seen, rig.pool, "counter.views", f"{one}@1", 60) for one in counters]
        wait_until(lambda: len(counters) in looks.readers, 10, "a look for all of them")
        rig.settle(rig.loop())
        for one in waiting:
            one.result(60)


def test_who_gives_up_leaves_the_look_to_another(rig: Rig, looks: Looks):
    counter = rig.count()
    rig.publish()
    with ThreadPoolExecutor(2) as readers:
        impatient = readers.submit(wait_until_seen, rig.pool, "counter.views", f"{uuid4()}@1", 0.5)
        wait_until(lambda: len(looks.readers) > 1, 10, "the impatient one looks")
        patient = readers.submit(wait_until_seen, rig.pool, "counter.views", f"{counter}@1", 60)
        with pytest.raises(ProjectionBehind):
            impatient.result(60)
        rig.settle(rig.loop())
        patient.result(60)


def test_an_error_of_the_look_is_told_to_who_looked_and_another_goes_on(rig: Rig, looks: Looks):
    counters = [rig.count() for _ in range(2)]
    rig.publish()
    looks.broken = 1
    with ThreadPoolExecutor(2) as readers:
        waiting = [readers.submit(wait_until_seen, rig.pool, "counter.views", f"{one}@1", 60) for one in counters]
        wait_until(lambda: any(one.done() for one in waiting), 10, "one of them hears of it")
        rig.settle(rig.loop())
        told = sorted(str(one.exception(60)) for one in waiting)
    assert told == ["None", "the database is away"]


def test_what_was_set_aside_is_said_at_once(rig: Rig):
    counter = rig.count(by=13)
    other = next(made for made in iter(uuid4, None) if partition_of(made) == partition_of(counter))
    rig.count(counter)
    rig.count(other)
    rig.publish()
    rig.settle(rig.loop(Consumer("counter.views", (TOPIC,), Projections([Failing(failing_on(13))]))))
    started = time.monotonic()
    with pytest.raises(ProjectionParked):
        wait_until_seen(rig.pool, "counter.views", f"{counter}@2", timeout=60)
    assert time.monotonic() - started < 30
    wait_until_seen(rig.pool, "counter.views", f"{other}@1", timeout=0)
