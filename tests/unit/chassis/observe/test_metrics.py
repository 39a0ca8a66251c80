"""The catalogue of metrics and what a process shows of it."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client import Histogram
from prometheus_client.parser import text_string_to_metric_families

from chassis.observe import metrics
from chassis.observe.metrics import Exposition


def series(exposition: Exposition) -> dict[str, set[tuple[tuple[str, str], ...]]]:
    found: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for family in text_string_to_metric_families(exposition.text().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).add(tuple(sorted(sample.labels.items())))
    return found


def test_every_series_carries_the_service() -> None:
    for labels in series(Exposition("registry", "work")).values():
        assert all(("service", "registry") in one for one in labels)


def test_each_process_shows_its_own_metrics_only() -> None:
    http, work = series(Exposition("registry", "http")), series(Exposition("registry", "work"))
    assert "nameko_workers_max" in http
    assert "nameko_workers_max" not in work
    assert "phoihop_relay_pending_events" in work
    assert "phoihop_relay_pending_events" not in http
    assert "phoihop_build_info" in http
    assert "phoihop_build_info" in work


def test_a_labelled_counter_stands_at_zero_from_the_start() -> None:
    """In a process of its own: here other tests have counted."""
    program = (
        "from chassis.observe import metrics as m\n"
        "m.at_zero(m.DUPLICATE_EVENTS, consumer=['registry.views', 'registry.reactions'])\n"
        "print(m.Exposition('registry', 'work').text().decode())\n"
        "print(m.Exposition('registry', 'http').text().decode())\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    lines = shown.stdout.splitlines()
    assert 'phoihop_duplicate_events_total{consumer="registry.reactions",service="registry"} 0.0' in lines
    assert 'phoihop_requests_refused_at_the_door_total{code="busy",service="registry"} 0.0' in lines


def test_names_follow_the_rules_of_prometheus() -> None:
    for line in metrics.catalogue():
        assert line.name.startswith(("phoihop_", "nameko_", "kafka_"))
        assert line.name.endswith("_total") == (line.kind == "counter")
        assert not line.name.endswith(("_count", "_sum", "_bucket", "_ms", "_minutes"))
        assert line.meaning[0].isupper() or line.meaning[0].isdigit()
        assert "service" not in line.labels


def test_declaring_twice_or_against_the_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        metrics.gauge("phoihop_unsequenced_events", "Again")
    with pytest.raises(ValueError, match="_total"):
        metrics.counter("phoihop_things", "No suffix")
    with pytest.raises(ValueError, match="by itself"):
        metrics.gauge("phoihop_things", "Twice the label", service=["registry"])


@given(some.lists(some.tuples(some.floats(0, 1000) | some.sampled_from((0.25, 0.5, 2.0)), some.integers(1, 50))))
def test_observed_many_times_is_observed_as_often(found: list[tuple[float, int]]) -> None:
    """On a bound, too, and beyond the last one."""
    one_by_one, at_once = (
        Histogram(name, "of this test", buckets=(0.25, 0.5, 2.0), registry=None) for name in ("one_by_one", "at_once")
    )
    for amount, times in found:
        for _ in range(times):
            one_by_one.observe(amount)
        metrics.observe_many(at_once, amount, times)
    [theirs], [ours] = one_by_one.collect(), at_once.collect()
    for one, other in zip(theirs.samples, ours.samples, strict=True):
        assert (one.labels, pytest.approx(one.value)) == (other.labels, other.value)
