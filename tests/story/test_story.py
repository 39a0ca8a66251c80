"""The main job as `make run` plays it: cut short by a power cut, played to its end, and played again."""

from pathlib import Path

import pytest

from chassis.store.audit import verify_database
from contracts.topics import SERVICES
from deploy.local.stack.stack import Stack
from tests.support.story_fixture import WatchedStory


def heads(stack: Stack) -> dict[str, int]:
    """Service → how many events its log holds, each log verified."""
    verdicts = {name: verify_database(stack.environment(name)[f"DATABASE_URL_{name.upper()}"]) for name in SERVICES}
    assert dict.fromkeys(SERVICES) == {name: verdict.reason for name, verdict in verdicts.items()}
    return {name: verdict.events for name, verdict in verdicts.items()}


@pytest.mark.clause("HD-2.1d1", "HD-2.1d3", "HD-2.6b", "HD-3b", "HD-3c4", "HD-7", door="http")
@pytest.mark.clause("HD-2.3c1", "HD-3c2", door="kafka")
@pytest.mark.clause("HD-2.1d3", "HD-3c4", door="webhook")
def test_the_story_is_played_through_a_power_cut_and_a_second_play_changes_nothing(watched_story: WatchedStory):
    stack = watched_story.stack
    played = heads(stack)
    report = next(Path(stack.state.folder("story")).glob("*/report/summary.html")).read_text()
    assert "SỐ LIỆU MẪU" in report

    watched_story.play(3)
    assert played == heads(stack)
