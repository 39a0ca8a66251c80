"""The one function that starts every child of the stack, and the handle it returns.

A child has a session of its own (Ctrl-C in the terminal reaches the stack alone), stays in the foreground, writes to a
log file, and is killed by the kernel when the stack dies. The kernel's signal follows the *thread* that forked, so
children are started from the main thread only.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.errors import CannotStart
from deploy.local.stack.pids import is_zombie, recorded, started_at
from deploy.local.stack.state import StateFolder, write_private


@dataclass
class Child:
    """A running or ended child; `name` is also the name of its log and pid file."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    log_start: int
    pid_file: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self.is_running():
            self.process.send_signal(number)

    def stop(self, limit_s: float, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks with `number`, kills the child's session after `limit_s` seconds; returns the exit code."""
        self.send(number)
        return self._await_end(limit_s)

    def kill(self) -> int:
        """As a power cut does: SIGKILL, no goodbye. Returns the exit code."""
        return self._await_end(0)

    def _await_end(self, limit_s: float) -> int:
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
        self.pid_file.unlink(missing_ok=True)
        return self.process.returncode

    def last_lines(self, count: int = 3) -> str:
        """The last lines that this child wrote, joined into one."""
        with self.log.open("rb") as file:
            file.seek(max(self.log_start, self.log.stat().st_size - 8192))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return " | ".join(lines[-count:]) or "it wrote nothing"

    def why_it_ended(self) -> str:
        """One line: the signal, or the exit code and the log's last lines; and where the log is."""
        code = self.process.poll()
        if code is None:
            return f"{self.name} is running (log: {self.log})"
        if code < 0:
            return f"{self.name} was ended by {signal.Signals(-code).name} (log: {self.log})"
        return f"{self.name} ended with exit code {code}: {self.last_lines()} (log: {self.log})"


def start(
    name: str,
    argv: Sequence[str | Path],
    state: StateFolder,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: int | None = None,
    if_we_die: str = "KILL",
    terminal: bool = False,
) -> Child:
    """Starts `argv` as child `name`.

    `environment`: added to this process's own; `user`: numeric user and group it runs as (root only); `if_we_die`: the
    signal it gets when this thread ends; `terminal`: it writes to our own stdout instead of a log. Raises CannotStart
    when the program does not exist.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread: the death signal follows the thread that forked")
    command: list[str | Path] = ["setpriv", "--pdeathsig", if_we_die]
    if user is not None:
        command += ["--reuid", str(user), "--regid", str(user), "--clear-groups"]
    log = state.log(name)
    log.touch()
    log_start = log.stat().st_size
    output = None if terminal else log.open("ab")
    try:
        process = subprocess.Popen(
            [*command, "--", *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if terminal else subprocess.STDOUT,
            cwd=folder or state.root,
            env={**os.environ, **(environment or {}), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise CannotStart(f"{name} cannot start: {error}") from error
    finally:
        if output is not None:
            output.close()
    pid_file = state.pid_file(name)
    write_private(pid_file, f"{process.pid} {started_at(process.pid)}")
    return Child(name, process, log, log_start, pid_file)


def wait_ready(child: Child, ready: Callable[[], bool], limit_s: float) -> float:
    """Polls `ready`; returns the seconds taken. Raises CannotStart when the child ends or the limit passes."""
    began = time.monotonic()
    while not ready():
        if not child.is_running():
            raise CannotStart(child.why_it_ended())
        if time.monotonic() - began > limit_s:
            raise CannotStart(
                f"{child.name} was not ready within {limit_s:.0f} s: {child.last_lines()} (log: {child.log})"
            )
        time.sleep(0.02)
    return time.monotonic() - began


def run_to_end(child: Child, limit_s: float) -> None:
    """Waits for a child that is to end by itself. Raises CannotStart unless it ended with 0 within the limit."""
    try:
        code = child.process.wait(limit_s)
    except subprocess.TimeoutExpired:
        child.kill()
        raise CannotStart(f"{child.name} did not end within {limit_s:.0f} s: {child.last_lines()}") from None
    except BaseException:
        child.kill()
        raise
    child.pid_file.unlink(missing_ok=True)
    if code != 0:
        raise CannotStart(child.why_it_ended())


def end_leftovers(state: StateFolder) -> list[str]:
    """Kills what an earlier, killed run of this state folder left running; returns the names. The lock must be held."""
    ended = []
    for pid_file in sorted(state.folder("pids").iterdir()):
        pid = recorded(pid_file)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            while recorded(pid_file) is not None and not is_zombie(pid):
                time.sleep(0.02)
            ended.append(pid_file.name)
        pid_file.unlink(missing_ok=True)
    return ended
