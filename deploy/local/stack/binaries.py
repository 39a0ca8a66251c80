"""Brings Kafka and PostgreSQL with Maven and unpacks them: once, and whole or not at all."""

import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.state import exclusive

POM = Path(__file__).parents[1] / "pom.xml"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"  # a bare prefix hides TLS causes
PLATFORMS = {"x86_64": "linux-amd64", "aarch64": "linux-arm64v8"}
LIMIT_S = 900
ADVICE = (
    "Behind a mirror: name it in ~/.m2/settings.xml (<mirrors>). Behind a proxy that re-signs TLS: put its CA into "
    "Java's trust store, or MAVEN_OPTS='-Djavax.net.ssl.trustStore=<file>'. Then run the same command again."
)


@dataclass(frozen=True)
class Binaries:
    """Where the unpacked servers are: `kafka_lib` holds the broker's jars, `postgres` has bin/, lib/ and share/."""

    kafka_lib: Path
    postgres: Path


def install(servers: Path, pom: Path = POM) -> Binaries:
    """The servers named in the pom, from `servers/<stamp>/`, brought there first if needed. Raises InstallFailed.

    Unpacks into a folder beside it and renames it at the end: an interrupted install leaves nothing that looks whole.
    """
    target = servers / _stamp(pom)
    if not target.exists():
        with exclusive(servers):
            if not target.exists():
                for abandoned in servers.glob("*.partial"):
                    shutil.rmtree(abandoned)
                partial = target.with_suffix(".partial")
                _bring(partial, pom, servers / "install.log")
                partial.rename(target)
    return Binaries(kafka_lib=target / "kafka", postgres=target / "postgres")


def is_installed(servers: Path) -> bool:
    return (servers / _stamp(POM)).exists()


def _stamp(pom: Path) -> str:
    return hashlib.sha256(pom.read_bytes() + _platform().encode()).hexdigest()[:16]


def _platform() -> str:
    machine = platform.machine()
    if machine not in PLATFORMS:
        raise InstallFailed(f"no PostgreSQL is published for {machine}; known: {', '.join(PLATFORMS)}")
    return PLATFORMS[machine]


def _bring(partial: Path, pom: Path, log: Path) -> None:
    jars = partial / "kafka"
    jars.mkdir(parents=True)
    _run_maven(jars, pom, log)
    postgres_jars = list(jars.glob("embedded-postgres-binaries-*.jar"))
    if len(postgres_jars) != 1:
        raise InstallFailed(
            f"Maven brought {len(postgres_jars)} PostgreSQL archives where one was asked for (log: {log})"
        )
    try:
        _unpack_postgres(postgres_jars[0], partial / "postgres")
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise InstallFailed(
            f"PostgreSQL could not be unpacked: {error}. Remove ~/.m2/repository/io/zonky and try again"
        ) from error
    postgres_jars[0].unlink()


def _run_maven(jars: Path, pom: Path, log: Path) -> None:
    command = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(pom),
        PLUGIN,
        f"-DoutputDirectory={jars}",
        f"-Dpostgres.platform={_platform()}",
    ]
    try:
        with log.open("wb") as output:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_S,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
    except FileNotFoundError:
        raise InstallFailed("Maven (mvn) is not installed; deploy/local/bootstrap.sh names what is missing") from None
    except subprocess.TimeoutExpired:
        raise InstallFailed(f"Maven did not bring the servers within {LIMIT_S} s (log: {log}). {ADVICE}") from None
    if ended.returncode != 0:
        raise InstallFailed(f"Maven could not bring the servers: {_cause(log)} (log: {log}). {ADVICE}")


def _cause(log: Path) -> str:
    """The line of Maven's log that says why: the last part of the first error, where the chain of causes ends."""
    errors = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("[ERROR]")]
    return errors[0].removeprefix("[ERROR]").strip()[:1000] if errors else "it wrote no error"


def _unpack_postgres(jar: Path, target: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        (name,) = (entry for entry in archive.namelist() if entry.endswith(".txz"))
        with archive.open(name) as packed, tarfile.open(fileobj=packed, mode="r:xz") as files:
            files.extractall(target)  # Debian 12's Python 3.11.2 has no filters yet; Maven has checked the archive
