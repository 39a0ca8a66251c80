"""The dashboards fit Grafana's own types: misspelt keys, wrong types and options of another panel do not compile."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deploy.grafana import compiling, render
from deploy.grafana.panels import Board
from deploy.local.stack.state import StateFolder, default_root
from tests.monitoring.reading import checked_in, shown

KEYS_OF_A_QUERY = {"datasource", "expr", "instant", "legendFormat", "range", "refId"}
"""For Prometheus's queries Grafana publishes no type."""

Slip = Callable[[dict[str, Any]], None]


def misspelt(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][4]["titel"] = "Orders"


def wrong_type(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["gridPos"]["w"] = "3"


def no_such_value(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["options"]["colorMode"] = "rainbow"


def of_another_panel(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][3]["options"]["displayMode"] = "basic"


def key_of_the_sdk(dashboard: dict[str, Any]) -> None:
    dashboard["templating"]["list"][0]["auto"] = False


SLIPS: tuple[Slip, ...] = (misspelt, wrong_type, no_such_value, of_another_panel, key_of_the_sdk)


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """Of both dashboards and of a spoilt one, each slip in a literal of its own; one compilation for all."""
    spoilt = copy.deepcopy(checked_in(render.BOARDS[0]))
    for slip in SLIPS:
        slip(spoilt)
    boards = {board.uid: checked_in(board) for board in render.BOARDS}
    return compiling.errors(boards | {"spoilt": spoilt}, StateFolder(default_root()))


@pytest.mark.parametrize("board", render.BOARDS, ids=lambda board: board.uid)
def test_a_dashboard_compiles_as_a_constant_of_grafanas_type(board: Board, said: dict[str, list[str]]) -> None:
    assert said[board.uid] == []


def test_slips_do_not_compile(said: dict[str, list[str]]) -> None:
    found = "\n".join(said["spoilt"])
    for wrong in ("titel", "Type 'string' is not assignable to type 'number'", "rainbow", "displayMode", '"auto"'):
        assert wrong in found, found


def test_queries_have_the_keys_that_prometheus_knows() -> None:
    for panel in shown():
        for target in panel.model["targets"]:
            assert set(target) == KEYS_OF_A_QUERY, panel
            assert target["instant"] is not target["range"], panel


def test_the_schema_told_in_the_documents_is_the_one_installed() -> None:
    assert f'"@grafana/schema": "{render.SCHEMA}"' in (compiling.SOURCES / "package.json").read_text()
