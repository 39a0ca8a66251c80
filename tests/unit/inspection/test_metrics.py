"""The counters of inspection move by facts, whichever door the command came through."""

from chassis.observe.metrics import Exposition
from services.inspection import metrics
from tests.unit.inspection.facts import concluded, found, planned, started


def sample(line: str) -> float:
    text = Exposition("inspection", "work").text().decode()
    return next(float(one.rpartition(" ")[2]) for one in text.splitlines() if one.startswith(line))


def test_each_plan_conclusion_and_violation_is_counted_once() -> None:
    lines = [
        'phoihop_inspections_total{kind="agent",service="inspection",step="planned"}',
        'phoihop_inspections_total{kind="agent",service="inspection",step="concluded"}',
        'phoihop_violations_total{information_security="true",kind="agent",service="inspection"}',
        'phoihop_violations_total{information_security="false",kind="agent",service="inspection"}',
    ]
    before = [sample(line) for line in lines]
    for fact in (
        planned,
        started,
        found("ppd", "HD-2.3c1", information_security=True),
        found("dic", "HD-2.1d1"),
        found("dic", "HD-2.1d1"),
        concluded("dic", ("dic", "ppd"), violations=3),
    ):
        metrics.count(fact)
    assert [sample(line) - was for line, was in zip(lines, before, strict=True)] == [1, 1, 1, 2]
