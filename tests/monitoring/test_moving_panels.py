"""A panel that shows a failure moves when the failure is there, and comes back when it is over."""

from itertools import chain

import pytest

from deploy.grafana import render
from deploy.grafana.panels import Panel
from tests.monitoring.answering import answers, within
from tests.monitoring.faults import FAULTS, Bench
from tests.support.story_fixture import WatchedStory
from tests.support.waiting import wait_until

MOVES_S = 40
COMES_BACK_S = 60
WINDOW_S = 5
"""What `rate` looks at here: five scrapes."""

PANELS = list(chain.from_iterable(board.panels for board in render.BOARDS))


def moved_by(fault: str) -> list[Panel]:
    return [panel for panel in PANELS if panel.moved is not None and panel.moved.fault == fault]


def test_every_fault_that_a_panel_names_is_injected() -> None:
    assert {panel.moved.fault for panel in PANELS if panel.moved is not None} == set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_its_panels_move_and_come_back(fault: str, bench: Bench, watched_story: WatchedStory) -> None:
    panels = moved_by(fault)

    def has_moved(panel: Panel) -> bool:
        assert panel.moved is not None
        shown = answers(watched_story.prometheus, panel, window_s=WINDOW_S)
        assert shown, f"{panel.title} shows nothing"
        return any(within(value, panel.moved.to) for value in shown.values())

    def calm() -> bool:
        assert [panel.title for panel in panels if has_moved(panel)] == []
        return True

    wait_until(calm, COMES_BACK_S, "nothing is left of the fault before", every_s=0.2)
    with FAULTS[fault](bench):
        for panel in panels:
            wait_until(lambda panel=panel: has_moved(panel), MOVES_S, f"{panel.title} moves", every_s=0.2)
    wait_until(calm, COMES_BACK_S, "all are back", every_s=0.2)
