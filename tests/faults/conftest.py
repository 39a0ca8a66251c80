"""One system for all faults, on servers of its own, until a test fails; tests that stop servers come last."""

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from deploy.local.stack import ports
from deploy.local.stack.stack import Stack
from deploy.local.stack.state import default_root
from tests.faults.shared import Shared
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
def systems(request: pytest.FixtureRequest) -> Iterator[Shared[System]]:
    """After a failed test the logs of all processes are kept in `failed-faults/<number>/` of the state folder."""
    numbers = itertools.count(1)

    @contextmanager
    def make() -> Iterator[System]:
        state, number = own_state("faults"), next(numbers)
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
                kept = default_root() / "failed-faults" / str(number)
                shutil.copytree(state.root / "logs", kept, dirs_exist_ok=True)
            shutil.rmtree(state.root, ignore_errors=True)

    with closing(Shared(make, System.heal)) as shared:
        yield shared


@pytest.fixture
def system(systems: Shared[System], request: pytest.FixtureRequest) -> Iterator[System]:
    """The system, well; whatever the test broke and left broken is mended afterwards. A soak reads the verdicts."""
    failed_before = request.session.testsfailed
    with systems.lent(request.node.nodeid, lambda: request.session.testsfailed > failed_before) as found:
        before = len(found.checker.verdicts)
        yield found
        for verdict in found.checker.verdicts[before:]:
            request.node.user_properties.append(("verdict", json.dumps(verdict.counts())))
