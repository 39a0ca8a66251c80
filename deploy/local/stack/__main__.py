"""`python -m deploy.local.stack`, called by make: run, up, stop, status, clean-state, install."""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from contracts.topics import SERVICES
from deploy.local.stack import binaries, fault_programs, programs, prometheus_binaries
from deploy.local.stack.errors import StackError
from deploy.local.stack.pids import recorded
from deploy.local.stack.ports import base_from_environment, documented
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import StateFolder, default_root
from deploy.local.stack.telling import complain, say, step

STOP_LIMIT_S = 60
STORY_LIMIT_S = 10
INTERRUPTED = 130
KEPT = {"servers", "venvs", "tests", "lock", "exclusive.lock"}


def run() -> int:
    """Everything, then the story; stays up in a terminal. Exit code: the story's."""
    stays_up = sys.stdin.isatty() and sys.stdout.isatty() and not _is_set("ONCE")
    return _with_stack(lambda stack: _play(stack, stays_up))


def up() -> int:
    """Everything but the story, until Ctrl-C."""
    return _with_stack(_stay_up)


def stop() -> int:
    state = StateFolder(default_root())
    holder = state.holder()
    if holder is None:
        say("Nothing runs here.")
        return 0
    os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT_S
    with step(f"stopped the run of pid {holder}"):
        while recorded(state.root / "lock") == holder and state.is_locked():
            if time.monotonic() > deadline:
                os.kill(holder, signal.SIGKILL)  # the kernel then ends its children
                deadline += STOP_LIMIT_S
            time.sleep(0.1)
    return 0


def status() -> int:
    state = StateFolder(default_root())
    holder = state.holder()
    say(f"State folder: {state.root}")
    if holder is None:
        say("Nothing runs here. 'make run' starts everything.")
        return 1
    say(f"Running since the start of pid {holder}:")
    for pid_file in sorted(state.folder("pids").iterdir()):
        pid = recorded(pid_file)
        say(f"  {pid_file.name:<20} {f'pid {pid}' if pid else 'ended':<12} log {state.log(pid_file.name)}")
    for line in _lines(state.root / "environment"):
        if line.startswith(("PHOIHOP_URL_", "PHOIHOP_PROMETHEUS_", "KAFKA_BOOTSTRAP")):
            say(f"  {line}")
    return 0


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def clean_state() -> int:
    state = StateFolder(default_root())
    state.lock()
    for entry in state.root.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    say(f"Removed data, secrets and logs in {state.root}; the installed servers stay.")
    return 0


def install() -> int:
    """What bootstrap.sh leaves to Python: the sample programs' environments, the servers, what faults need."""
    state = StateFolder(default_root())
    for program in programs.missing(state):
        with step(f"Python environment of examples/{program}"):
            programs.install(state, program)
    if not binaries.is_installed(state.servers):
        with step("PostgreSQL 18 and Kafka 4.3, by Maven"):
            binaries.install(state.servers)
    if not prometheus_binaries.is_installed(state.servers):
        with step("Prometheus, out of Debian's package"):
            prometheus_binaries.install(state.servers)
    if not fault_programs.is_installed(state.servers):
        with step("PgBouncer and libfaketime for the tests, out of Debian's packages"):
            fault_programs.install(state.servers)
    return 0


def _with_stack(use: Callable[[Stack], int]) -> int:
    """Starts everything, lets `use` give the exit code, and always stops everything; 130 when interrupted before."""
    for number in (signal.SIGINT, signal.SIGTERM):  # `make stop` is like Ctrl-C, which a background job would ignore
        signal.signal(number, signal.default_int_handler)
    code = INTERRUPTED
    stack = Stack(StateFolder(default_root()), documented(base_from_environment()), tell=say, step=step)
    try:
        say("Starting the servers and the five services.")
        stack.start_servers()
        stack.start_services()
        if _is_set("MONITORING"):
            url = stack.start_prometheus().url
            say(f"Prometheus scrapes every process: {url}/alerts, {url}/targets")
        code = use(stack)
    except KeyboardInterrupt:
        say("Interrupted.")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end is bounded in time, and a second Ctrl-C would tear it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with step("everything stopped"):
            stack.stop()
    return code


def _play(stack: Stack, stays_up: bool) -> int:
    folder = stack.state.folder("story")
    argv: list[str | Path] = [sys.executable, "-m", "examples.story", "--run-folder", folder]
    argv += ["--fresh"] if _is_set("FRESH") else []
    argv += [] if stays_up else ["--once"]
    environment = stack.environments.of_operator() | programs.environment(stack.state)
    story = stack.start_outside("story", argv, environment)
    try:
        stack.watch_until(lambda: not story.is_running())
    except KeyboardInterrupt:
        return _shell_code(story.stop(STORY_LIMIT_S, signal.SIGINT))
    code = _shell_code(story.process.returncode)
    if code != 0:
        complain(f"The story was not played to its end (exit code {code}).")
    if stays_up:
        say("Everything stays up, so that you can look. Ctrl-C ends it.")
        _stay(stack)
    return code


def _shell_code(code: int) -> int:
    return code if code >= 0 else 128 - code


def _stay_up(stack: Stack) -> int:
    say("Everything is up. Ctrl-C ends it.")
    for service in SERVICES:
        say(f"  {service:<12} {stack.environments.url(service)}/{service}/docs")
    _stay(stack)
    return 0


def _stay(stack: Stack) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        stack.watch_until(lambda: False)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


COMMANDS = {
    "run": run,
    "up": up,
    "stop": stop,
    "status": status,
    "clean-state": clean_state,
    "install": install,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.stack", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    try:
        return COMMANDS[parser.parse_args().command]()
    except StackError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
