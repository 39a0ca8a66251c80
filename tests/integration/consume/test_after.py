"""Reading what one wrote."""

import threading
import time
from uuid import UUID, uuid4

import pytest

from chassis.consume.after import ProjectionBehind, ProjectionParked, parse, wait_until_seen
from chassis.consume.consumer import Consumer, Projections
from chassis.kafka.partition import partition_of
from contracts.refusals import Malformed
from tests.integration.consume.rig import TOPIC, Failing, Rig, failing_on

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
