"""A state folder of its own for each test of the stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack.process import end_leftovers
from deploy.local.stack.state import StateFolder


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFolder]:
    folder = StateFolder(tmp_path / "state")
    yield folder
    end_leftovers(folder)
