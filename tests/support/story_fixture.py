"""The story, played once per test run for everybody who looks at its end: its own test, the dashboards, the alerts.

watched_story     session     WatchedStory: .stack, .prometheus, .play

It was cut short by a power cut, then played to its end, watched by a Prometheus that scrapes every second and judges
the alert rules with their minutes made seconds. The system
ends with the last test that asks for it, so that the faults have the machine to themselves. Its services are supervised
only while `stack.watch_until` runs: a test may kill one, and must start it again.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from deploy.local.stack import programs
from deploy.local.stack.ports import free
from deploy.local.stack.prometheus import Prometheus
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import CHECKOUT
from tests.support.hurried_rules import hurried
from tests.support.stack_fixture import own_state
from tests.support.waiting import wait_until

STORY_LIMIT_S = 300
LAST_STEP = "All seven steps were seen"
CUT_AFTER = "four visits concluded"

LAST_LOOK = pytest.StashKey[pytest.Item | None]()
_open = ExitStack()


class Play:
    """One play of the story as a program of its own; its words go to a file."""

    def __init__(self, stack: Stack, number: int) -> None:
        self.words = stack.state.folder("plays") / f"{number}.txt"
        self._stack = stack
        self._file = self.words.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "examples.story", "--once", "--run-folder", str(stack.state.folder("story"))],
            cwd=CHECKOUT,
            env=stack.environments.of_operator() | programs.environment(stack.state) | {"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self) -> str:
        return self.words.read_text()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._file.close()

    def to_its_end(self) -> str:
        """What it said; the services are supervised meanwhile. Raises AssertionError unless every step was seen."""
        self._stack.watch_until(self.has_ended)
        self._file.close()
        said = self.said()
        assert self._process.returncode == 0, said
        assert LAST_STEP in said, said
        return said


@dataclass(frozen=True)
class WatchedStory:
    """`stack` runs, and the story was played on it to its end; the companies' programs have ended since.

    `prometheus` scraped it every second for `watched_s` seconds before the story's end, `ended_at` (Unix time).
    """

    stack: Stack
    prometheus: Prometheus
    watched_s: int
    ended_at: float

    def play(self, number: int) -> str:
        """Plays the story again, as program `number`; answers what it said."""
        return Play(self.stack, number).to_its_end()


def power_cut(stack: Stack, play: Play) -> None:
    """Every process ends at once, without a word."""
    children = stack.supervisor.children()
    for name in children:
        stack.supervisor.forget(name)
    for child in children.values():
        child.kill()
    play.kill()


@pytest.fixture(scope="session")
def watched_story() -> Iterator[WatchedStory]:
    state, ports = own_state("story"), free()
    with _open:
        _open.callback(shutil.rmtree, state.root, ignore_errors=True)
        stack = Stack(state, ports)
        _open.callback(lambda: stack.stop())  # whichever stands then
        stack.start_servers()
        stack.start_services()
        play = Play(stack, 1)
        wait_until(lambda: CUT_AFTER in play.said() or play.has_ended(), STORY_LIMIT_S, "step 3")
        power_cut(stack, play)

        stack = Stack(state, ports)
        stack.start_servers()
        stack.start_services()
        prometheus = stack.start_prometheus(every_s=1, rules=hurried(state.folder("hurried-rules")))
        began = time.time()
        Play(stack, 2).to_its_end()
        ended_at = time.time()
        yield WatchedStory(stack, prometheus, int(ended_at - began), ended_at)


def pytest_collection_finish(session: pytest.Session) -> None:
    watching = [item for item in session.items if watched_story.__name__ in getattr(item, "fixturenames", ())]
    session.stash[LAST_LOOK] = watching[-1] if watching else None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    if item.session.stash[LAST_LOOK] is item:
        _open.close()
