"""The state folder, the install and the ports: what is kept, what is refused, and what is said."""

import hashlib
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.local.stack import binaries, ports
from deploy.local.stack.environment import existing_clusters
from deploy.local.stack.errors import InstallFailed, PortTaken, StackError, StateInUse
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.state import CHECKOUT, StateFolder, default_root, require_reachable


def modes(folder: Path) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_a_secret_is_made_once_and_private(state: StateFolder) -> None:
    first = state.secret("kafka-admin")
    assert len(first) >= 43
    assert StateFolder(state.root).secret("kafka-admin") == first
    assert modes(state.root / "secrets") == {0o600}


def test_the_keys_of_the_services_are_kept_and_private(state: StateFolder) -> None:
    folder = ensure_keys(state)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    ensure_keys(state)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert modes(folder) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_two_runs_cannot_share_a_state_folder(state: StateFolder) -> None:
    state.lock()
    with pytest.raises(StateInUse, match=rf"pid {os.getpid()}.*make stop"):
        StateFolder(state.root).lock()
    state.unlock()
    assert not state.is_locked()
    StateFolder(state.root).lock()


def test_a_killed_run_holds_no_lock(state: StateFolder) -> None:
    script = (
        "import os; from pathlib import Path; from deploy.local.stack.state import StateFolder;"
        f"StateFolder(Path({str(state.root)!r})).lock(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT).returncode == -9
    assert (state.root / "lock").read_text()
    assert state.holder() is None
    state.lock()


def test_the_state_folder_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHOIHOP_STATE", str(tmp_path / "elsewhere"))
    assert default_root() == tmp_path / "elsewhere"
    monkeypatch.delenv("PHOIHOP_STATE")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_root() == CHECKOUT / ".state"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_root() == Path("/var/lib/phoihop") / hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]


def test_a_folder_that_postgresql_could_not_enter_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "state").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(StackError, match=r"cannot enter .*closed; .*PHOIHOP_STATE"):
        require_reachable(closed / "state")


def test_a_taken_port_is_named_with_the_way_to_change_it() -> None:
    free = ports.free()
    ports.require_free(free)
    with socket.socket() as other:
        other.bind(("127.0.0.1", free.http["inspection"]))
        other.listen()
        with pytest.raises(PortTaken, match=rf"{free.http['inspection']} \(inspection, HTTP\).*PORT_BASE="):
            ports.require_free(free)


@pytest.mark.parametrize("wrong", ["abc", "-1", "80", "70000", "2 1000"])
def test_a_senseless_port_base_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("PORT_BASE", wrong)
    with pytest.raises(StackError, match="PORT_BASE"):
        ports.base_from_environment()


def test_every_documented_port_is_another() -> None:
    documented = list(ports.documented(21000).named().values())
    assert len(set(documented)) == len(documented)
    assert min(documented) == 21000


def test_half_an_existing_cluster_is_refused() -> None:
    with pytest.raises(StackError, match="DATABASE_URL_NOTIFY"):
        existing_clusters({"DATABASE_URL_REGISTRY": "postgresql://db/registry"})
    assert not existing_clusters({}).postgres
    assert existing_clusters({"KAFKA_BOOTSTRAP_SERVERS": "broker:9092"}).kafka


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named mvn, first on the path: it runs the script that the test writes."""
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_a_failed_install_says_the_cause_and_the_way_out(maven: Path, state: StateFolder) -> None:
    maven.write_text("#!/bin/sh\necho '[ERROR] Could not transfer artifact: PKIX path building failed'; exit 1\n")
    with pytest.raises(InstallFailed, match=r"PKIX path building failed.*settings\.xml.*trustStore"):
        binaries.install(state.servers)
    assert not binaries.is_installed(state.servers)


def test_an_interrupted_unpack_is_redone(maven: Path, state: StateFolder, tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.jar", tmp_path / "whole.jar"
    _jar_with_a_tarball(whole)
    broken.write_bytes(whole.read_bytes()[:200])
    maven.write_text(_bring(broken))
    with pytest.raises(InstallFailed, match="could not be unpacked"):
        binaries.install(state.servers)
    assert not binaries.is_installed(state.servers)

    maven.write_text(_bring(whole))
    installed = binaries.install(state.servers)
    assert (installed.postgres / "bin" / "postgres").read_text() == "a server"
    assert list(state.servers.glob("*.partial")) == []

    maven.write_text("#!/bin/sh\nexit 1\n")
    assert binaries.install(state.servers) == installed


def _bring(jar: Path) -> str:
    return (
        "#!/bin/sh\n"
        "for word; do case $word in -DoutputDirectory=*) target=${word#*=};; esac; done\n"
        f'cp {jar} "$target/embedded-postgres-binaries-x-1.jar"\n'
    )


def _jar_with_a_tarball(jar: Path) -> None:
    folder = jar.parent / "content"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "postgres").write_text("a server")
    packed = jar.with_suffix(".txz")
    subprocess.run(
        [sys.executable, "-m", "tarfile", "-c", str(packed.with_suffix(".tar.xz")), "bin"], cwd=folder, check=True
    )
    with zipfile.ZipFile(jar, "w") as archive:
        archive.write(packed.with_suffix(".tar.xz"), "postgres-linux.txz")
