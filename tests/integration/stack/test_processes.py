"""How children are started, watched, started again and ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.stack import process
from deploy.local.stack.errors import CannotStart
from deploy.local.stack.pids import is_zombie, recorded
from deploy.local.stack.process import Child
from deploy.local.stack.state import CHECKOUT, StateFolder
from deploy.local.stack.supervisor import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S, Supervisor
from tests.support.waiting import wait_until


def shell(state: StateFolder, script: str, name: str = "program") -> Child:
    return process.start(name, ["sh", "-c", script], state)


def is_gone(pid: int) -> bool:
    return is_zombie(pid)


def test_a_program_that_cannot_start_says_why_in_one_line(state: StateFolder) -> None:
    child = shell(state, "echo preparing; echo 'port 5 is taken' >&2; exit 7")
    with pytest.raises(CannotStart) as refused:
        process.wait_ready(child, lambda: False, limit_s=10)
    said = str(refused.value)
    assert said.startswith("program ended with exit code 7: preparing | port 5 is taken")
    assert "\n" not in said


def test_a_program_that_does_not_exist_is_named(state: StateFolder) -> None:
    child = process.start("ghost", ["/nonexistent/ghost"], state)
    with pytest.raises(CannotStart, match="ghost"):
        process.wait_ready(child, lambda: False, limit_s=10)


def test_a_program_that_is_never_ready_is_given_up(state: StateFolder) -> None:
    child = shell(state, "echo thinking; exec sleep 60")
    with pytest.raises(CannotStart, match=r"program was not ready within 0 s"):
        process.wait_ready(child, lambda: False, limit_s=0.2)
    child.kill()


def test_a_program_that_ignores_the_request_is_killed_after_its_limit(state: StateFolder) -> None:
    child = shell(state, "trap '' TERM; echo deaf; while :; do sleep 1; done")
    wait_until(lambda: "deaf" in child.log.read_text(), 10, "the program runs")
    assert child.stop(limit_s=0.2) == -signal.SIGKILL
    assert not child.pid_file.exists()


def test_a_killed_stack_takes_its_children_along(state: StateFolder) -> None:
    script = f"""
import time
from pathlib import Path
from deploy.local.stack import process
from deploy.local.stack.state import StateFolder
process.start("orphan", ["sleep", "600"], StateFolder(Path({str(state.root)!r})))
print("started", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        orphan = recorded(state.pid_file("orphan"))
        assert orphan is not None
        parent.kill()
    wait_until(lambda: is_gone(orphan), 10, "the kernel ended the orphan")


def test_what_a_killed_run_left_is_ended_before_the_next(state: StateFolder) -> None:
    child = shell(state, "exec sleep 600", name="leftover")
    assert process.end_leftovers(state) == ["leftover"]
    assert child.process.wait(10) == -signal.SIGKILL


def test_a_recorded_pid_that_now_belongs_to_another_is_left_alone(state: StateFolder) -> None:
    state.pid_file("stranger").write_text(f"{os.getpid()} 12345")
    assert recorded(state.pid_file("stranger")) is None
    assert process.end_leftovers(state) == []


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_dying_program_is_started_again_with_a_growing_pause(state: StateFolder) -> None:
    clock, told, pauses = Clock(), list[str](), list[float]()
    supervisor = Supervisor(told.append, clock)
    supervisor.watch(shell(state, "exit 3"), lambda: shell(state, "exit 3"))

    for _ in range(7):
        wait_until(lambda: not supervisor.children()["program"].is_running(), 10, "the program died")
        died_at, child = clock.now, supervisor.children()["program"]
        supervisor.tick()
        while supervisor.children()["program"] is child:
            clock.now += 0.5
            supervisor.tick()
        pauses.append(clock.now - died_at)

    assert pauses == [FIRST_PAUSE_S, 2, 4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert "program ended with exit code 3" in told[0]
    assert "it starts again in 1 s" in told[0]
    assert list(supervisor.failing(deaths=7)) != []


def test_after_a_steady_minute_the_pause_is_short_again(state: StateFolder) -> None:
    clock, told = Clock(), list[str]()
    supervisor = Supervisor(told.append, clock)
    supervisor.watch(shell(state, "exec sleep 600"), lambda: shell(state, "exec sleep 600"))
    for _ in range(2):
        clock.now += STEADY_AFTER_S + 1
        child = supervisor.children()["program"]
        child.kill()
        supervisor.tick()
        clock.now += FIRST_PAUSE_S
        supervisor.tick()
        assert supervisor.children()["program"] is not child
    supervisor.children()["program"].kill()


def test_a_log_goes_on_after_a_restart(state: StateFolder) -> None:
    for word in ("first", "second"):
        process.run_to_end(shell(state, f"echo {word}"), limit_s=10)
    assert Path(state.log("program")).read_text().split() == ["first", "second"]
