"""Programs out of Debian's packages that only faults need: unpacked and not installed, because installing PgBouncer
would start a daemon. Brought once, into the folder of the unpacked servers."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.state import StateFolder, exclusive

PACKAGES = ("pgbouncer", "libevent-2.1-7", "libc-ares2", "libfaketime")
LIMIT_S = 120


@dataclass(frozen=True)
class DebianPrograms:
    """`libraries`: what the programs are linked to."""

    root: Path

    @property
    def pgbouncer(self) -> Path:
        return self.root / "usr/sbin/pgbouncer"

    @property
    def libraries(self) -> Path:
        (found,) = (self.root / "usr/lib").glob("*-linux-gnu*")
        return found

    @property
    def faketime(self) -> Path:
        """To be loaded before everything else (LD_PRELOAD)."""
        return self.libraries / "faketime/libfaketimeMT.so.1"


def bring(state: StateFolder) -> DebianPrograms:
    """Raises CalledProcessError with what apt-get said when the packages cannot be had."""
    target = state.servers / f"fault-programs-{platform.machine()}"
    with exclusive(state.servers):
        if not target.exists():
            partial = target.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            _run(["apt-get", "download", *PACKAGES], partial)
            for package in partial.glob("*.deb"):
                _run(["dpkg-deb", "-x", package.name, "."], partial)
                package.unlink()
            partial.rename(target)
    return DebianPrograms(target)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(command, cwd=folder, check=True, timeout=LIMIT_S, env=environment, stdin=subprocess.DEVNULL)
