"""The real Prometheus of the local stack: how it is brought, and that it runs what is checked in."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import ports, prometheus_binaries
from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.prometheus import Prometheus, QueryRefused
from deploy.local.stack.state import StateFolder, default_root
from tests.support.waiting import wait_until


@pytest.fixture
def prometheus(state: StateFolder) -> Iterator[Prometheus]:
    installed = prometheus_binaries.install(StateFolder(default_root()).servers)
    server = Prometheus(state, installed, ports.free(), every_s=1)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_it_scrapes_both_processes_of_every_service_and_judges_the_rules(prometheus: Prometheus) -> None:
    def looked_at() -> list[str]:
        return sorted(sample.labels["process"] for sample in prometheus.query("up == 0"))

    wait_until(lambda: looked_at() == ["http"] * 5 + ["work"] * 5, 20, "it looks at ten processes; none is there")
    assert len(prometheus.unhealthy_targets()) == 10
    wait_until(lambda: "Watchdog" in prometheus.firing(), 20, "the rules that are checked in are judged")


def test_it_listens_on_this_machine_alone(prometheus: Prometheus) -> None:
    port = f"{prometheus.port:04X}"
    lines = [*Path("/proc/net/tcp").read_text().splitlines(), *Path("/proc/net/tcp6").read_text().splitlines()]
    listening = {words[1] for words in map(str.split, lines) if words[3] == "0A"}
    assert {place for place in listening if place.endswith(f":{port}")} == {f"0100007F:{port}"}


def test_a_query_that_cannot_be_is_refused_with_its_reason(prometheus: Prometheus) -> None:
    assert prometheus.query("scalar(vector(2))")[0].value == 2
    with pytest.raises(QueryRefused, match="parse error"):
        prometheus.query("sum(")


@pytest.fixture
def servers_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "servers"
    folder.mkdir()
    return folder


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named apt-get, first on the path: it does what the test writes."""
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "E: Can\'t find a source to download"; exit 100\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_without_package_lists_the_one_line_to_type_is_said(apt_get: Path, servers_folder: Path) -> None:
    with pytest.raises(InstallFailed, match=r"Can't find a source.*As root, type: apt-get update"):
        prometheus_binaries.install(servers_folder)
    assert not prometheus_binaries.is_installed(servers_folder)


def test_root_refreshes_the_lists_and_tries_again(
    apt_get: Path, servers_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = apt_get.parent / "calls"
    apt_get.write_text(f"#!/bin/sh\necho $1 >>{calls}\nexit 100\n")
    for user, expected in ((1000, ["download"]), (0, ["download", "update", "download"])):
        calls.unlink(missing_ok=True)
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        with pytest.raises(InstallFailed):
            prometheus_binaries.install(servers_folder)
        assert calls.read_text().split() == expected


def test_a_half_unpacked_prometheus_is_not_taken_for_whole(apt_get: Path, servers_folder: Path) -> None:
    apt_get.write_text("#!/bin/sh\necho broken >prometheus_2_all.deb\n")
    with pytest.raises(InstallFailed, match=r"prometheus_2_all\.deb could not be unpacked"):
        prometheus_binaries.install(servers_folder)
    assert not prometheus_binaries.is_installed(servers_folder)


def test_where_there_is_no_debian_the_programs_on_the_path_are_taken(
    servers_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallFailed, match="install prometheus and promtool yourself"):
        prometheus_binaries.install(servers_folder)
    for name in ("prometheus", "promtool"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert prometheus_binaries.install(servers_folder).prometheus == tmp_path / "prometheus"
