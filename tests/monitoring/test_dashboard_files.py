"""The dashboards as files: generated, and as Grafana's dashboard-linter and our own rules want them."""

import re
from typing import Any

import promql_parser as promql
import pytest
import yaml

from deploy.grafana import document, render
from deploy.grafana.panels import KINDS, UNITS, Board
from deploy.local.stack.state import CHECKOUT
from tests.monitoring.reading import Shown, checked_in, nodes, selectors, shown

each_board = pytest.mark.parametrize("board", render.BOARDS, ids=lambda board: board.uid)
each_panel = pytest.mark.parametrize("panel", shown(), ids=str)


def variables(board: Board) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in checked_in(board)["templating"]["list"]}


def test_what_is_checked_in_is_what_the_code_makes() -> None:
    made = dict(render.documents()) | dict(document.documents())
    stale = [str(path) for path, text in made.items() if (CHECKOUT / path).read_text() != text]
    assert stale == [], "run `make generate` and commit what it writes"
    there = {path.relative_to(CHECKOUT) for path in (CHECKOUT / render.FOLDER).iterdir()}
    assert there == {path for path, _ in render.documents()}


@each_board
def test_there_is_one_data_source_to_choose(board: Board) -> None:
    sources = [one for one in variables(board).values() if one["type"] == "datasource"]
    assert [(one["name"], one["label"], one["query"]) for one in sources] == [
        ("datasource", "Data source", "prometheus")
    ]


@each_board
@pytest.mark.parametrize("name", ["job", "instance"])
def test_jobs_and_processes_are_chosen_by_label(board: Board, name: str) -> None:
    variable = variables(board)[name]
    assert (variable["multi"], variable["includeAll"], variable["allValue"]) == (True, True, ".+")
    assert variable["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert variable["refresh"] == 2, "anew when the time range changes"
    query = re.fullmatch(rf"label_values\((.+), {name}\)", variable["query"])
    assert query is not None
    assert list(selectors(query[1])), "it parses"


@each_board
def test_a_provisioned_dashboard_is_not_edited_in_the_browser(board: Board) -> None:
    assert checked_in(board)["editable"] is False


@each_board
def test_ids_are_explicit_and_unique(board: Board) -> None:
    ids = [panel["id"] for panel in checked_in(board)["panels"]]
    assert len(ids) == len(set(ids))
    assert all(isinstance(one, int) and one > 0 for one in ids)


@each_board
def test_panels_fill_the_grid_without_overlap_and_headlines_stand_above_theirs(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    tops = []
    for panel in checked_in(board)["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < render.WIDE, panel["title"]
        taken |= cells
        tops.append((place["y"], place["x"]))
    assert tops == sorted(tops), "in reading order"
    assert len(taken) == render.WIDE * (1 + max(y for _, y in taken)), "no hole"


@each_panel
def test_a_panel_asks_the_chosen_data_source(panel: Shown) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert panel.model["datasource"] == chosen
    assert [target["datasource"] for target in panel.model["targets"]] == [chosen] * len(panel.model["targets"])


@each_panel
def test_a_panel_has_targets_with_letters(panel: Shown) -> None:
    letters = [target["refId"] for target in panel.model["targets"]]
    assert letters == [chr(ord("A") + number) for number in range(len(letters))]
    assert letters


@each_panel
def test_a_panel_says_what_it_asks_what_is_normal_and_what_to_do(panel: Shown) -> None:
    title, description = panel.model["title"], panel.model["description"]
    assert len(title) <= 9 * panel.model["gridPos"]["w"], "it stands on one line"
    assert re.fullmatch(
        r".+\?\n\nNormal: .+\n\nOtherwise: [^\n]+(\n\nMore: docs/operations\.md#[a-z0-9-]+)?", description
    )


@each_panel
def test_types_and_units_are_those_we_know(panel: Shown) -> None:
    assert panel.model["type"] in KINDS
    assert panel.model["fieldConfig"]["defaults"]["unit"] in UNITS


@each_panel
def test_a_panel_of_several_series_names_them(panel: Shown) -> None:
    several = len(panel.expressions) > 1 or "{{" in panel.model["targets"][0]["legendFormat"]
    if panel.model["type"] == "timeseries":
        assert panel.model["options"]["legend"]["showLegend"] is True
    assert all(target["legendFormat"] for target in panel.model["targets"])
    if several and panel.model["type"] == "stat":
        assert panel.model["options"]["textMode"] in ("auto", "value_and_name")


@each_panel
def test_colours_begin_green_and_rise(panel: Shown) -> None:
    steps = panel.model["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0] == {"value": None, "color": "green"}
    values = [step["value"] for step in steps[1:]]
    assert values == sorted(values)
    assert [step["color"] for step in steps[1:]] in ([], ["yellow"], ["red"], ["yellow", "red"])


@each_panel
def test_no_query_hides_a_process_that_says_nothing(panel: Shown) -> None:
    """`or vector(0)` shows a healthy 0 for an exporter that is dead."""
    for expression in panel.expressions:
        for node in nodes(expression):
            assert not (isinstance(node, promql.Call) and node.func.name in ("vector", "absent")), expression
            assert not (isinstance(node, promql.BinaryExpr) and str(node.op) == "or"), expression


@each_panel
def test_counters_are_read_as_rates_over_the_interval_that_fits(panel: Shown) -> None:
    """`increase` over the whole range shown is for what is told once, like how long cases took."""
    for expression in panel.expressions:
        rated = set()
        for node in nodes(expression):
            if isinstance(node, promql.Call) and node.func.name in ("rate", "irate", "increase"):
                rated.add(str(node.args[0].vector_selector))
        windows = re.findall(r"(rate|irate|increase)\(.*?\[(.*?)\]", expression)
        assert set(windows) <= {("rate", "$__rate_interval"), ("increase", "$__range")}, expression
        for selector in selectors(expression):
            if selector.name is not None and selector.name.endswith(("_total", "_bucket", "_count")):
                assert str(selector) in rated, expression


def test_grafana_finds_data_source_and_dashboards() -> None:
    folder = CHECKOUT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["type"], source["access"], source["url"]) == ("prometheus", "proxy", "${PROMETHEUS_URL}")
    scrape = yaml.safe_load((CHECKOUT / "deploy/prometheus/prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scrape["global"]["scrape_interval"]
    assert [job["job_name"] for job in scrape["scrape_configs"]].count(render.JOB) == 1
    (provider,) = yaml.safe_load((folder / "dashboards/phoihop.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert f"{provider['options']['path']}\n" in (CHECKOUT / "docs/dashboards.md").read_text()
