"""Every query parses, and asks only for metrics and labels that the code declares."""

import promql_parser as promql
import pytest

from deploy.grafana import render
from deploy.grafana.panels import Board, Panel
from tests.monitoring.reading import ADDED_BY_THE_SCRAPE, GENERATED_BY_PROMETHEUS, declared, nodes, selectors

PANELS = [(board, panel) for board in render.BOARDS for panel in board.panels]
each_panel = pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{b.uid}-{p.id}" for b, p in PANELS])


def labels_of(metric: str) -> set[str]:
    if metric in GENERATED_BY_PROMETHEUS:
        return set(GENERATED_BY_PROMETHEUS[metric]) | ADDED_BY_THE_SCRAPE
    return set(declared()[metric].labels) | ADDED_BY_THE_SCRAPE


@each_panel
def test_it_asks_for_metrics_that_the_code_declares(board: Board, panel: Panel) -> None:
    known = set(declared()) | set(GENERATED_BY_PROMETHEUS)
    for query in panel.queries:
        asked = {selector.name for selector in selectors(query.expr)}
        assert asked
        assert asked <= known


@each_panel
def test_it_matches_labels_that_exist_with_values_they_can_have(board: Board, panel: Panel) -> None:
    for query in panel.queries:
        for selector in selectors(query.expr):
            assert selector.name is not None
            for matcher in selector.matchers.matchers:
                assert matcher.name in labels_of(selector.name), query.expr
                if selector.name in declared() and matcher.name in declared()[selector.name].labels:
                    values = declared()[selector.name].labels[matcher.name]
                    assert matcher.op != promql.MatchOp.Equal or not values or matcher.value in values, query.expr


@each_panel
def test_it_groups_and_names_series_by_labels_that_exist(board: Board, panel: Panel) -> None:
    for query in panel.queries:
        known = set.intersection(*(labels_of(str(selector.name)) for selector in selectors(query.expr)))
        some = set.union(*(labels_of(str(selector.name)) for selector in selectors(query.expr)))
        for node in nodes(query.expr):
            if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
                assert set(node.modifier.labels) <= some, query.expr
        named = {part.partition("}}")[0] for part in query.legend.split("{{")[1:]}
        assert named <= (known if len(list(selectors(query.expr))) == 1 else some), query.legend


@each_panel
def test_it_reads_the_chosen_job_and_process(board: Board, panel: Panel) -> None:
    """A panel that reads every process says why."""
    for query in panel.queries:
        for selector in selectors(query.expr):
            wanted = {"job"} if panel.any_instance else {"job", "instance"}
            matched = {matcher.name for matcher in selector.matchers.matchers if matcher.op == promql.MatchOp.Re}
            assert matched == wanted, query.expr


@each_panel
def test_what_the_story_must_show_can_be_shown(board: Board, panel: Panel) -> None:
    assert panel.story
    assert panel.at_least >= len([legend for legend in panel.story if legend != "*"])
    for low, high in panel.story.values():
        assert low <= high


def test_a_failure_panel_names_the_fault_that_moves_it() -> None:
    """Red is a failure: what can turn red is seen to move, or waits longer than a test can."""
    slow = {"Oldest open case", "Batches the relay gave up"}
    unproven = {panel.title for _, panel in PANELS if panel.levels.red is not None and panel.moved is None}
    assert unproven == slow
