"""The main job as `make run` plays it: cut short by a power cut, played to its end, and played again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.store.audit import verify_database
from contracts.topics import SERVICES
from deploy.local.stack import programs
from deploy.local.stack.ports import free
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import CHECKOUT
from tests.support.stack_fixture import own_state
from tests.support.waiting import wait_until

STORY_LIMIT_S = 300
LAST_STEP = "All seven steps were seen"


class Play:
    """One play of the story as a program of its own; its words go to a file."""

    def __init__(self, stack: Stack, number: int) -> None:
        self.words = stack.state.folder("plays") / f"{number}.txt"
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

    def end(self, stack: Stack) -> int:
        """Its exit code; the services are supervised meanwhile."""
        stack.watch_until(lambda: self._process.poll() is not None)
        self._file.close()
        return self._process.returncode


def power_cut(stack: Stack, play: Play) -> None:
    """Every process ends at once, without a word."""
    children = stack.supervisor.children()
    for name in children:
        stack.supervisor.forget(name)
    for child in children.values():
        child.kill()
    play.kill()


def heads(stack: Stack) -> dict[str, int]:
    """Service → how many events its log holds, each log verified."""
    verdicts = {name: verify_database(stack.environment(name)[f"DATABASE_URL_{name.upper()}"]) for name in SERVICES}
    assert dict.fromkeys(SERVICES) == {name: verdict.reason for name, verdict in verdicts.items()}
    return {name: verdict.events for name, verdict in verdicts.items()}


@pytest.fixture(scope="module")
def stacks() -> Iterator[Iterator[Stack]]:
    """Stacks on one state and the same ports, one after the other, as after a power cut."""
    state, ports = own_state("story"), free()
    stack = Stack(state, ports)

    def starts() -> Iterator[Stack]:
        nonlocal stack
        while True:
            stack.start_servers()
            stack.start_services()
            yield stack
            stack = Stack(state, ports)

    yield starts()
    stack.stop()


@pytest.mark.clause("HD-2.1d1", "HD-2.1d3", "HD-2.6b", "HD-3b", "HD-3c4", "HD-7", door="http")
@pytest.mark.clause("HD-2.3c1", "HD-3c2", door="kafka")
@pytest.mark.clause("HD-2.1d3", "HD-3c4", door="webhook")
def test_the_story_is_played_through_a_power_cut_and_a_second_play_changes_nothing(stacks: Iterator[Stack]):
    stack = next(stacks)
    play = Play(stack, 1)
    wait_until(lambda: "four visits concluded" in play.said() or play.has_ended(), STORY_LIMIT_S, "step 3")
    power_cut(stack, play)

    stack = next(stacks)
    play = Play(stack, 2)
    assert play.end(stack) == 0, play.said()
    assert LAST_STEP in play.said()
    played = heads(stack)
    report = next(Path(stack.state.folder("story")).glob("*/report/summary.html")).read_text()
    assert "SỐ LIỆU MẪU" in report

    again = Play(stack, 3)
    assert again.end(stack) == 0, again.said()
    assert LAST_STEP in again.said()
    assert played == heads(stack)
