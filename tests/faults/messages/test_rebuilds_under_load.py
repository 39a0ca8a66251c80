"""F38: every read model is made anew while it is written and read; one rebuild is killed half way, two are tried at
once. Who reads sees the old rows or the new ones: never fewer than were there, never one twice."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chassis.consume.consumer import Projections
from deploy.local.stack import process
from deploy.local.stack.process import Child
from deploy.local.stack.state import CHECKOUT
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

REBUILT_S = 120
STATUS_KILLED = -signal.SIGKILL
AGENTS = "select count(*), count(distinct agent_id), (select count(*) from read.agency_contract) from read.agent"


def rebuild(system: System, consumer: str, **environment: str) -> Child:
    argv = [sys.executable, "-m", "cli.main", "projections", "rebuild", consumer, "--reason", "F38"]
    everything = system.stack.environments.of_operator() | environment
    return process.start("rebuild", argv, system.stack.state, environment=everything, folder=CHECKOUT)


@contextmanager
def readers(system: System) -> Iterator[list[str]]:
    """Reads over HTTP and in SQL until the block ends; answers what they should not have seen."""
    wrong: list[str] = []
    stop = threading.Event()
    known = system.world.agent()
    path = f"/registry/v1/agents/{known}"
    ask = system.doors.read
    wait_until(lambda: ask(system.world.officer, path).ok, 30, "the agent is in the read model")

    def over_http() -> None:
        while not stop.wait(0.02):
            answer = ask(system.world.officer, path)
            listed = ask(system.world.officer, "/registry/v1/agents", limit=200)
            if not answer.ok or not listed.ok or not listed.json()["items"]:
                wrong.append(f"HTTP {answer.status_code} {answer.text[:200]}, {listed.status_code} {listed.text[:200]}")

    def in_sql() -> None:
        before = 0
        while not stop.wait(0.01):
            [(rows, different, _)] = system.service("registry").rows(AGENTS)
            if rows < before or rows != different:
                wrong.append(f"{rows} agents, {different} different ones, after {before}")
            before = rows

    def to_the_end(one: Callable[[], None]) -> None:
        try:
            one()
        except Exception as error:
            wrong.append(f"{one.__name__} was broken off: {error!r}")

    threads = [threading.Thread(target=to_the_end, args=(one,), daemon=True) for one in (over_http, in_sql)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.fault("F38")
def test_read_models_made_anew_under_load_are_never_empty_and_never_mixed(system: System) -> None:
    consumers = [
        consumer.name
        for service in system.checker.services.values()
        for consumer in service.consumers
        if isinstance(consumer.member, Projections)
    ]
    with system.busy() as traffic, readers(system) as wrong:
        for _ in rounds("F38", "rounds"):
            killed = rebuild(system, "registry.views", PHOIHOP_CRASH_AT="consume.after-commit")
            assert killed.process.wait(REBUILT_S) == STATUS_KILLED, "it dies after its first batch"
            for consumer in consumers:
                traffic.wait_for(1)
                first = rebuild(system, consumer)
                assert first.process.wait(REBUILT_S) == 0, first.why_it_ended()
            both = [rebuild(system, "registry.views") for _ in range(2)]
            codes = sorted(one.process.wait(REBUILT_S) for one in both)
            assert codes[0] == 0, "one of two is done, the other one is told so or comes after it"
            traffic.wait_for(3)
    assert not wrong, wrong[:5]
    system.check()
