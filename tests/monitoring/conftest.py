"""The played story, a real Prometheus that watches it, and an officer who asks the same at the doors."""

from collections.abc import Iterator

import pytest

from contracts.topics import SERVICES
from tests.faults.world import World
from tests.monitoring.answering import Api
from tests.monitoring.faults import Bench
from tests.support.load import Doors, History, Officer
from tests.support.misbehaving import receiving
from tests.support.story_fixture import WatchedStory

FIRST = ("test_story_panels.py", "test_exposition.py", "test_real_lists.py")
"""They look at the story's end as it was; what breaks things comes after them."""
LAST = ("test_drill.py",)
"""It takes back what the story left overdue."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Among the tests of this folder; the order is otherwise kept."""
    places = [number for number, item in enumerate(items) if item.path.parent.name == "monitoring"]
    ours = sorted(
        (items[number] for number in places), key=lambda item: (item.path.name not in FIRST, item.path.name in LAST)
    )
    for number, item in zip(places, ours, strict=True):
        items[number] = item


def officer(story: WatchedStory, agency: str = "dic", subject: str = "le-van-a", role: str = "officer") -> Officer:
    return Officer((story.stack.state.root / "keys" / "jwt-issuer.pem").read_bytes(), agency, subject, role)


@pytest.fixture(scope="session")
def doors(watched_story: WatchedStory) -> Doors:
    return Doors({name: watched_story.stack.environments.url(name) for name in SERVICES}, History())


@pytest.fixture(scope="session")
def api(watched_story: WatchedStory, doors: Doors) -> Api:
    return Api(doors, officer(watched_story))


@pytest.fixture(scope="session")
def bench(watched_story: WatchedStory, doors: Doors) -> Iterator[Bench]:
    """What the faults happen to: the stack, and a little world of new companies and agents in it."""
    with receiving() as receivers:
        leader = officer(watched_story, "ppc", "nguyen-thi-hoa", "leader")
        yield Bench(watched_story.stack, World(doors, officer(watched_story), leader, receivers))
