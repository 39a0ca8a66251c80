"""Every process shows from its start what the catalogue promises, and no metric has too many series."""

import math
from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from chassis.observe.metrics import catalogue
from contracts.topics import SERVICES
from tests.monitoring.promtool import promtool
from tests.monitoring.reading import declared, owner
from tests.support.story_fixture import WatchedStory

PARTS = ("http", "work")
MOST_SERIES = 2000


def page(story: WatchedStory, service: str, part: str) -> str:
    """What the process answers at /metrics."""
    ports = story.stack.ports
    port = ports.http[service] if part == "http" else ports.metrics[service]
    return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text


def series(story: WatchedStory, service: str, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    for family in text_string_to_metric_families(page(story, service, part)):
        for sample in family.samples:
            yield sample.name, sample.labels


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", PARTS)
def test_every_counter_is_there_before_anything_is_counted(watched_story: WatchedStory, service: str, part: str):
    """A counter that first appears with its first event hides that event from `rate`.

    With each value that is known only when the process starts it shows every value that is always known.
    """
    shown = list(series(watched_story, service, part))
    for name, line in declared().items():
        if line.kind == "counter" and line.on in (part, "both") and owner(line) in (None, service):
            at_start = [label for label, values in line.labels.items() if not values]
            each = Counter(tuple(labels[label] for label in at_start) for other, labels in shown if other == name)
            assert set(each.values()) == {math.prod(len(values) for values in line.labels.values() if values)}, name


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", PARTS)
def test_promtool_finds_no_fault_with_what_a_process_shows(
    watched_story: WatchedStory, service: str, part: str
) -> None:
    promtool("check", "metrics", given=page(watched_story, service, part))


@pytest.mark.parametrize("service", SERVICES)
def test_gauges_of_the_service_itself_cannot_grow_old_unseen(watched_story: WatchedStory, service: str) -> None:
    """What reads them from the database says when it did, as the chassis does for its own."""
    measuring = {
        labels["worker"]
        for name, labels in series(watched_story, service, "work")
        if name == "phoihop_measured_timestamp_seconds"
    }
    of_its_own = any(line.kind == "gauge" and line.on == "work" and owner(line) == service for line in catalogue())
    assert measuring == {f"{service}.measures"} | ({f"{service}.own-measures"} if of_its_own else set())


def test_no_metric_has_too_many_series_and_none_is_undeclared(watched_story: WatchedStory) -> None:
    counted: Counter[str] = Counter()
    for service in SERVICES:
        for part in PARTS:
            counted.update(name for name, _ in series(watched_story, service, part))
    assert {name: count for name, count in counted.items() if count >= MOST_SERIES} == {}
    known = set(declared()) | {name for name in counted if name.startswith(("process_", "python_"))}
    assert set(counted) <= known
