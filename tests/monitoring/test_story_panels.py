"""After the story each panel shows what it must, and business panels what the API says."""

import pytest

from deploy.grafana import render
from deploy.grafana.panels import Board, Panel
from tests.monitoring.answering import Api, answers, check
from tests.support.story_fixture import WatchedStory
from tests.support.waiting import wait_until

PANELS = [(board, panel) for board in render.BOARDS for panel in board.panels]
IDS = [f"{board.uid.removeprefix('phoihop-')}-{panel.id}" for board, panel in PANELS]
WITH_API = [panel for _, panel in PANELS if panel.api is not None]
FRESH_S = 20
"""Gauges are read every five seconds, and scraped every second."""


def tells_of_a_while(panel: Panel) -> bool:
    return any("[$__" in query.expr for query in panel.queries)


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=IDS)
def test_a_panel_shows_what_the_story_must_show(board: Board, panel: Panel, watched_story: WatchedStory) -> None:
    prometheus = watched_story.prometheus
    if tells_of_a_while(panel):
        check(panel, answers(prometheus, panel, watched_story.ended_at, window_s=watched_story.watched_s))
        return

    def shown() -> bool:
        check(panel, answers(prometheus, panel))
        return True

    wait_until(shown, FRESH_S, panel.title, every_s=0.5)


@pytest.mark.parametrize("panel", WITH_API, ids=lambda panel: panel.title)
def test_a_business_panel_shows_what_the_api_says(panel: Panel, watched_story: WatchedStory, api: Api) -> None:
    assert panel.api is not None
    said = api.answers(panel.api)
    assert sum(said.values()) > 0

    def agree() -> bool:
        shown = {name: value for name, value in answers(watched_story.prometheus, panel).items() if value}
        assert shown == {name: count for name, count in said.items() if count}
        return True

    wait_until(agree, FRESH_S, f"{panel.title}: as the API says", every_s=0.5)


def test_prometheus_reaches_every_process_of_the_story(watched_story: WatchedStory) -> None:
    assert watched_story.prometheus.unhealthy_targets() == []
