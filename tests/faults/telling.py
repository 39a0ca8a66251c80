"""What the tests of a fault tell the soak that runs them, while they run, and how much time each of them has.

A plugin of pytest that only a soak loads. It appends lines of JSON to the file that `PHOIHOP_SOAK_REPORT` names:

{"collected": 3}                                                    tests of this run
{"fault": "F6", "what": "seconds", "loop": 1, "given": 2}           whole rounds that a loop has given so far
{"fault": "F35", "what": "streams", "given": 12}                    given at once by the test under way
{"ended": "…::test_…", "failed": false, "verdicts": [{…}]}          a test
"""

import itertools
import json
import math
import os
import signal
import time
from typing import Final

import pytest

REPORT: Final = "PHOIHOP_SOAK_REPORT"
UNTIL: Final = "PHOIHOP_SOAK_UNTIL"
"""When the run is cut off, by the machine's monotonic clock, in seconds."""
FOR_LOOPS: Final = 0.6
"""Of a test's time; the rest is for the check after them."""

_loops = itertools.count(1)
_failed: set[str] = set()
_loops_end_at = math.inf


def tell(**line: object) -> None:
    """Does nothing when no soak listens."""
    if report := os.environ.get(REPORT):
        with open(report, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def new_loop() -> int:
    return next(_loops)


def loop_ends_at(loops_after: int) -> float:
    """Of what the test has left for its loops, one part for this one and for each that follows."""
    now = time.monotonic()
    return now + (_loops_end_at - now) / (1 + loops_after)


def share_time(tests_left: int) -> None:
    """What the run has left is shared by the test that begins and those after it."""
    global _loops_end_at
    now = time.monotonic()
    _loops_end_at = now + FOR_LOOPS * (float(os.environ.get(UNTIL, "inf")) - now) / tests_left


def pytest_configure() -> None:
    """A soak in the background would otherwise hand on that Ctrl-C is ignored, and could not end this run."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish(session: pytest.Session) -> None:
    tell(collected=len(session.items))


def pytest_runtest_setup(item: pytest.Item) -> None:
    share_time(len(item.session.items) - item.session.items.index(item))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _failed.add(report.nodeid)
    if report.when == "teardown":
        verdicts = [json.loads(str(value)) for name, value in report.user_properties if name == "verdict"]
        tell(ended=report.nodeid, failed=report.nodeid in _failed, verdicts=verdicts)
