"""Prometheus, out of Debian's packages: installed, it would start a daemon."""

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import debian
from deploy.local.stack.errors import InstallFailed

PACKAGES = (
    "prometheus",
    # what its pages show themselves with
    "fonts-glyphicons-halflings",
    "libjs-bootstrap4",
    "libjs-d3",
    "libjs-eonasdan-bootstrap-datetimepicker",
    "libjs-jquery",
    "libjs-jquery-hotkeys",
    "libjs-moment",
    "libjs-moment-timezone",
    "libjs-mustache",
    "libjs-popper.js",
    "libjs-rickshaw",
)
KEPT = (
    "bin/prometheus",
    "bin/promtool",
    "share/prometheus",
    "share/javascript",
    "share/nodejs",
    "share/fonts-glyphicons",
)
UNUSED = "share/javascript/moment-timezone/data"  # 212 MB that no page asks for


@dataclass(frozen=True)
class PrometheusBinaries:
    """The two programs, and the folder of the pages that the server shows; None when they are inside the program."""

    prometheus: Path
    promtool: Path
    pages: Path | None


def install(servers: Path) -> PrometheusBinaries:
    """From `servers/prometheus-<machine>/`, brought there first if needed. Raises InstallFailed.

    Where there is no apt-get, the programs on the path are taken.
    """
    if not debian.is_here():
        return _on_the_path()
    target = _target(servers)
    if not target.exists():
        debian.bring("Prometheus", PACKAGES, target, _keep)
    programs = target / "bin"
    return PrometheusBinaries(programs / "prometheus", programs / "promtool", target / "share" / "prometheus" / "web")


def is_installed(servers: Path) -> bool:
    return _target(servers).exists() or not debian.is_here()


def _on_the_path() -> PrometheusBinaries:
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if not prometheus or not promtool:
        raise InstallFailed("this is no Debian, so install prometheus and promtool yourself: they are not on the path")
    return PrometheusBinaries(Path(prometheus), Path(promtool), pages=None)


def _target(servers: Path) -> Path:
    return servers / f"prometheus-{platform.machine()}"


def _keep(unpacked: Path, kept: Path) -> None:
    for place in KEPT:
        (kept / place).parent.mkdir(exist_ok=True)
        (unpacked / "usr" / place).rename(kept / place)
    shutil.rmtree(kept / UNUSED)
