"""Brings Prometheus out of Debian's packages without installing them: once, and whole or not at all."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.state import exclusive

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
LIMIT_S = 600


@dataclass(frozen=True)
class PrometheusBinaries:
    """The two programs, and the folder of the pages that the server shows; None when they are inside the program."""

    prometheus: Path
    promtool: Path
    pages: Path | None


def install(servers: Path) -> PrometheusBinaries:
    """From `servers/prometheus-<machine>/`, brought there first if needed. Raises InstallFailed.

    Any version of the release does: Debian keeps one, with its security mends. Where there is no apt-get, the programs
    on the path are taken.
    """
    if not shutil.which("apt-get"):
        return _on_the_path()
    target = _target(servers)
    if not target.exists():
        with exclusive(servers):
            if not target.exists():
                partial = target.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                _bring(partial, servers / "install-prometheus.log")
                partial.rename(target)
    programs = target / "bin"
    return PrometheusBinaries(programs / "prometheus", programs / "promtool", target / "share" / "prometheus" / "web")


def is_installed(servers: Path) -> bool:
    return _target(servers).exists() or not shutil.which("apt-get")


def _on_the_path() -> PrometheusBinaries:
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if not prometheus or not promtool:
        raise InstallFailed("this is no Debian, so install prometheus and promtool yourself: they are not on the path")
    return PrometheusBinaries(Path(prometheus), Path(promtool), pages=None)


def _target(servers: Path) -> Path:
    return servers / f"prometheus-{platform.machine()}"


def _bring(partial: Path, log: Path) -> None:
    packed, unpacked = partial / "packed", partial / "unpacked"
    packed.mkdir(parents=True)
    with log.open("wb") as output:
        if not _run(["apt-get", "download", *PACKAGES], packed, output):
            if os.geteuid() == 0:  # an image without package lists, or with lists that have grown old
                _run(["apt-get", "update"], packed, output)
            if os.geteuid() != 0 or not _run(["apt-get", "download", *PACKAGES], packed, output):
                raise InstallFailed(
                    f"Prometheus could not be downloaded: {_last_line(log)} (log: {log}). "
                    "As root, type: apt-get update. Then run the same command again."
                )
        for package in sorted(packed.glob("*.deb")):
            if not _run(["dpkg-deb", "-x", str(package), str(unpacked)], packed, output):
                raise InstallFailed(f"{package.name} could not be unpacked: {_last_line(log)} (log: {log})")
    for kept in KEPT:
        (partial / kept).parent.mkdir(exist_ok=True)
        (unpacked / "usr" / kept).rename(partial / kept)
    shutil.rmtree(partial / UNUSED)
    shutil.rmtree(packed)
    shutil.rmtree(unpacked)


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
