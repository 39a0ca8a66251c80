"""The sample programs from outside, and the peers of `make bench`: each has its own requirements and its own Python
environment, nothing of ours.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.state import CHECKOUT, StateFolder, exclusive

PROGRAMS = ("company", "police")
PEERS = "benchmarks"
"""Installed by the first `make bench`, not by `make install`."""


def python_of(state: StateFolder, program: str) -> Path:
    """The interpreter of that program's environment."""
    return state.venvs / program / "bin" / "python"


def environment(state: StateFolder) -> dict[str, str]:
    """`PHOIHOP_<PROGRAM>_PYTHON` for each: what the story starts them with."""
    return {f"PHOIHOP_{program.upper()}_PYTHON": str(python_of(state, program)) for program in PROGRAMS}


def missing(state: StateFolder, wanted: Sequence[str] = PROGRAMS) -> list[str]:
    """Programs whose environment is not there, or not of the requirements as they stand."""
    return [program for program in wanted if requirements(program).exists() and not _is_complete(state, program)]


def requirements(program: str) -> Path:
    return CHECKOUT / folder_of(program) / "requirements.txt"


def folder_of(program: str) -> str:
    """Where its files lie, from the checkout."""
    return program if program == PEERS else f"examples/{program}"


def install(state: StateFolder, program: str) -> None:
    """Makes the environment; its stamp is written last, so an interrupted install is redone. Raises InstallFailed."""
    with exclusive(state.venvs):
        if _is_complete(state, program):
            return
        folder = state.venvs / program
        shutil.rmtree(folder, ignore_errors=True)
        log = state.log(f"install-{program}")
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [*pip, "-r", str(requirements(program))],
        ):
            with log.open("wb") as output:
                ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            if ended.returncode != 0:
                lines = log.read_text(errors="replace").strip().splitlines()
                raise InstallFailed(f"{folder_of(program)} could not be installed: {lines[-1:]} (log: {log})")
        _stamp(state, program).write_text(_wanted(program))


def _is_complete(state: StateFolder, program: str) -> bool:
    stamp = _stamp(state, program)
    return stamp.exists() and stamp.read_text() == _wanted(program)


def _stamp(state: StateFolder, program: str) -> Path:
    return state.venvs / program / "complete"


def _wanted(program: str) -> str:
    return hashlib.sha256(requirements(program).read_bytes()).hexdigest()
