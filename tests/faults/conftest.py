"""One system for all faults, on servers of its own; tests that stop servers come last."""

import json
import shutil
from collections.abc import Iterator

import pytest

from deploy.local.stack import ports
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import default_root
from tests.faults.system import System
from tests.support.chosen_fault import keep_chosen, pytest_addoption
from tests.support.misbehaving import receiving
from tests.support.stack_fixture import own_state

__all__ = ["pytest_addoption"]  # hook


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What stops servers runs after everything else; the order is otherwise kept."""
    keep_chosen(config, items)
    items.sort(key=lambda item: "faults/servers" in item.nodeid)


@pytest.fixture(scope="session")
def running_system(request: pytest.FixtureRequest) -> Iterator[System]:
    """When a test failed, the logs of all processes are kept in `failed-faults/` of the state folder."""
    state = own_state("faults")
    failed_before = request.session.testsfailed
    try:
        with receiving() as receivers:
            system = System(Stack(state, ports.free()), receivers)
            try:
                system.start()
                yield system
            finally:
                system.stack.stop()
    finally:
        if request.session.testsfailed > failed_before:
            shutil.copytree(state.root / "logs", default_root() / "failed-faults", dirs_exist_ok=True)
        shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture
def system(running_system: System, request: pytest.FixtureRequest) -> Iterator[System]:
    """The system, well; whatever the test broke and left broken is mended afterwards. A soak reads the verdicts."""
    before = len(running_system.checker.verdicts)
    yield running_system
    for verdict in running_system.checker.verdicts[before:]:
        request.node.user_properties.append(("verdict", json.dumps(verdict.counts())))
    running_system.heal()
