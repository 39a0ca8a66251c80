"""F25: the broker silent; the line to it slow, narrow, in crumbs, cut, and a black hole in one direction or both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.line import BLACK_HOLES, CRUMBS, FAIR, SLOW, Line, Weather
from tests.support.waiting import wait_until

AGE = "phoihop_relay_oldest_pending_age_seconds"
POOR = (SLOW, CRUMBS)
A_SECOND = 15
"""Commands that the load needs some second for."""
NOTICED_S = 30
DRAINED_S = 120
PENDING = """
select (select max(position) from public.log) - (select position from public.relay_cursor where topic = %s)
"""


def is_drained(system: System) -> bool:
    registry = system.service("registry")
    return bool(registry.value(PENDING, registry.topic) < A_SECOND)


def is_seen(system: System) -> bool:
    return system.metric("registry-work", AGE) > 1


@contextmanager
def weather(line: Line, bad: Weather, system: System) -> Iterator[None]:
    """Bad inside the block; afterwards what waited is sent, by itself."""
    line.weather = bad
    yield
    line.weather = FAIR
    wait_until(lambda: is_drained(system), DRAINED_S, "what waited is sent", every_s=0.1)


@contextmanager
def frozen(system: System) -> Iterator[None]:
    kafka = system.stack.servers.kafka
    kafka.pause()
    try:
        yield
    finally:
        kafka.resume()


@pytest.mark.fault("F25")
def test_doors_do_not_depend_on_kafka_and_what_waited_is_sent_when_the_line_is_well(system: System) -> None:
    ways_to_come = iter(reversed(range(len((*POOR, "cut", *BLACK_HOLES, "frozen")))))
    with system.kafka_line() as line, system.busy() as traffic:

        def goes_on(each_second: Callable[[], object] = lambda: None) -> None:
            for _ in rounds("F25", "seconds", loops_after=next(ways_to_come)):
                each_second()
                traffic.wait_for(A_SECOND)

        for bad in POOR:
            with weather(line, bad, system):
                goes_on()
        goes_on(each_second=line.cut)
        for silence in (*(weather(line, hole, system) for hole in BLACK_HOLES), frozen(system)):
            with silence:
                goes_on()
                wait_until(lambda: is_seen(system), NOTICED_S, "that nothing arrives is seen", every_s=0.2)
        wait_until(lambda: is_drained(system), DRAINED_S, "what waited is sent", every_s=0.1)
    system.check()
