"""Brings programs out of Debian's packages without installing them: once, and whole or not at all.

apt-get holds each package against the signed lists of the release; any version of it does: Debian keeps one, with its
security mends.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.state import exclusive

LIMIT_S = 600


def is_here() -> bool:
    return shutil.which("apt-get") is not None


def bring(what: str, packages: Sequence[str], target: Path, keep: Callable[[Path, Path], None]) -> None:
    """Makes the folder `target`, unless it is there. Raises InstallFailed.

    `keep(unpacked, kept)` moves what is wanted from the packages' files into a new folder, which becomes the target.
    """
    with exclusive(target.parent):
        if target.exists():
            return
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        packed, unpacked, kept = (partial / name for name in ("packed", "unpacked", "kept"))
        packed.mkdir(parents=True)
        kept.mkdir()
        log = target.parent / f"install-{target.name.partition('-')[0]}.log"
        with log.open("wb") as output:
            _download(what, packages, packed, output, log)
            for package in sorted(packed.glob("*.deb")):
                if not _run(["dpkg-deb", "-x", str(package), str(unpacked)], packed, output):
                    raise InstallFailed(f"{package.name} could not be unpacked: {_last_line(log)} (log: {log})")
        keep(unpacked, kept)
        kept.rename(target)
        shutil.rmtree(partial)


def _download(what: str, packages: Sequence[str], folder: Path, output: IO[bytes], log: Path) -> None:
    if _run(["apt-get", "download", *packages], folder, output):
        return
    if os.geteuid() == 0:  # an image without package lists, or with lists that have grown old
        _run(["apt-get", "update"], folder, output)
        if _run(["apt-get", "download", *packages], folder, output):
            return
    raise InstallFailed(
        f"{what} could not be downloaded: {_last_line(log)} (log: {log}). "
        "As root, type: apt-get update. Then run the same command again."
    )


def _run(command: list[str], folder: Path, output: IO[bytes]) -> bool:
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise InstallFailed(f"'{' '.join(command[:2])}' did not end within {LIMIT_S} s") from None
    return ended.returncode == 0


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.startswith(("E:", "dpkg"))), "it said nothing")
