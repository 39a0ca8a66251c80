"""Programs that only the tests of faults need, out of Debian's packages: installed, PgBouncer would start a daemon."""

import platform
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import debian
from deploy.local.stack.errors import InstallFailed

PACKAGES = ("pgbouncer", "libevent-2.1-7", "libc-ares2", "libfaketime")
KEPT = ("sbin", "lib")


@dataclass(frozen=True)
class FaultPrograms:
    """`libraries`: what the programs are linked to."""

    root: Path

    @property
    def pgbouncer(self) -> Path:
        return self.root / "sbin/pgbouncer"

    @property
    def libraries(self) -> Path:
        (found,) = (self.root / "lib").glob("*-linux-gnu*")
        return found

    @property
    def faketime(self) -> Path:
        """To be loaded before everything else (LD_PRELOAD)."""
        return self.libraries / "faketime/libfaketimeMT.so.1"


def install(servers: Path) -> FaultPrograms:
    """From `servers/faults-<machine>/`, brought there first if needed. Raises InstallFailed."""
    target = _target(servers)
    if not target.exists():
        if not debian.is_here():
            raise InstallFailed("this is no Debian: PgBouncer and libfaketime are brought out of its packages alone")
        debian.bring("PgBouncer and libfaketime", PACKAGES, target, _keep)
    return FaultPrograms(target)


def is_installed(servers: Path) -> bool:
    """Also where they cannot be had: then the two faults that need them cannot be tested."""
    return _target(servers).exists() or not debian.is_here()


def _target(servers: Path) -> Path:
    return servers / f"faults-{platform.machine()}"


def _keep(unpacked: Path, kept: Path) -> None:
    for folder in KEPT:
        (unpacked / "usr" / folder).rename(kept / folder)
