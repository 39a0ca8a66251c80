"""Every process shows from its start what the catalogue promises, and no metric has too many series."""

from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from contracts.topics import SERVICES
from tests.monitoring.reading import declared, owner
from tests.support.story_fixture import WatchedStory

PARTS = ("http", "work")
MOST_SERIES = 2000


def series(story: WatchedStory, service: str, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    ports = story.stack.ports
    port = ports.http[service] if part == "http" else ports.metrics[service]
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", PARTS)
def test_every_counter_is_there_before_anything_is_counted(watched_story: WatchedStory, service: str, part: str):
    """A counter that first appears with its first event hides that event from `rate`."""
    there = {name for name, _ in series(watched_story, service, part)}
    counters = {
        name
        for name, line in declared().items()
        if line.kind == "counter" and line.on in (part, "both") and owner(line) in (None, service)
    }
    assert counters - there == set()


def test_no_metric_has_too_many_series_and_none_is_undeclared(watched_story: WatchedStory) -> None:
    counted: Counter[str] = Counter()
    for service in SERVICES:
        for part in PARTS:
            counted.update(name for name, _ in series(watched_story, service, part))
    assert {name: count for name, count in counted.items() if count >= MOST_SERIES} == {}
    known = set(declared()) | {name for name in counted if name.startswith(("process_", "python_"))}
    assert set(counted) <= known
