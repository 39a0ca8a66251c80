"""F11: processes that get no more files, no more memory, or are killed by the kernel for what they took."""

import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
import requests

from deploy.local.stack.process import Child
from deploy.local.stack.stack import ready_answer
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

FILES = 64
REFUSED = "phoihop_requests_refused_at_the_door_total"
NOTICED_S = 60


@contextmanager
def limited(child: Child, what: int, most: int) -> Iterator[None]:
    """The kernel gives the process no more than that, until the block ends."""
    before = resource.prlimit(child.pid, what)
    resource.prlimit(child.pid, what, (most, before[1]))
    try:
        yield
    finally:
        if child.is_running():
            resource.prlimit(child.pid, what, before)


def not_accepted(scraper: requests.Session, port: int) -> float:
    """As Prometheus sees it, whose connection is open already."""
    text = scraper.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    (line,) = (one for one in text.splitlines() if one.startswith(REFUSED) and "not-accepted" in one)
    return float(line.split()[-1])


@pytest.mark.fault("F11")
def test_doors_without_a_file_left_turn_newcomers_away_and_say_so_and_go_on_by_themselves(system: System) -> None:
    """Clients that are in go on; nobody starts anything again."""
    child, port = system.child("registry-http"), system.port("registry-http")
    with requests.Session() as scraper, system.busy() as traffic:
        traffic.wait_for(3)
        for _ in rounds("F11", "rounds"):
            before = not_accepted(scraper, port)

            def it_says_so(before: float = before) -> bool:
                return not_accepted(scraper, port) > before

            with limited(child, resource.RLIMIT_NOFILE, FILES), ExitStack() as crowd:
                for _ in range(FILES):
                    crowd.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=10)))
                wait_until(it_says_so, NOTICED_S, "it says that files ran out")
            traffic.wait_for(10)
        assert child.is_running(), child.why_it_ended()
    assert system.metric("registry-http", REFUSED, code="not-accepted") > before
    system.check()


@pytest.mark.fault("F11")
def test_a_work_process_without_memory_is_seen_not_to_answer_and_a_new_one_goes_on(system: System) -> None:
    child, port = system.child("registry-work"), system.port("registry-work")
    with system.busy() as traffic:
        for _ in rounds("F11", "rounds"):
            traffic.wait_for(3)
            with limited(child, resource.RLIMIT_AS, 1):
                wait_until(lambda: ready_answer(port), NOTICED_S, "its door does not answer as it should")
                traffic.wait_for(10)
            system.kill("registry-work")
            child = system.launch("registry-work")
            system.wait_ready("registry-work")
    system.check()


@pytest.mark.fault("F11")
def test_a_process_that_the_kernel_kills_for_what_it_took_loses_nothing(system: System) -> None:
    """Here it is time, of which one can be given little; the out-of-memory killer sends the same signal."""
    with system.busy() as traffic:
        for _ in rounds("F11", "rounds"):
            child = system.child("enforcement-work")
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (1, 1))
            wait_until(lambda child=child: not child.is_running(), NOTICED_S, "the kernel kills it")  # type: ignore[misc]
            assert child.process.returncode == -signal.SIGKILL, child.why_it_ended()
            traffic.wait_for(5)
            system.launch("enforcement-work")
            system.wait_ready("enforcement-work")
    system.check()
