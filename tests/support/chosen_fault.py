"""`--fault F24`: only the tests that inject this fault. A soak runs them so, each on a system of its own."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault", help="only the tests that inject this fault, e.g. F24")


def keep_chosen(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All of them, if no fault was chosen."""
    if chosen := config.getoption("--fault", None):
        items[:] = [item for item in items if any(chosen in marker.args for marker in item.iter_markers("fault"))]
