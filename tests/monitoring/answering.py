"""What a panel shows: its queries asked of a real Prometheus, as Grafana asks them; and what the API says instead."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.grafana.panels import Panel, Range
from deploy.local.stack.prometheus import Prometheus
from tests.monitoring.reading import filled
from tests.support.load import Doors, Officer

Answers = dict[str, float]
"""Legend → value."""


def answers(prometheus: Prometheus, panel: Panel, at: float | None = None, *, window_s: int = 60) -> Answers:
    """What the panel shows at the Unix time `at`, or now; series without a number are left out, as Grafana does."""
    found = {}
    for query in panel.queries:
        expression = filled(query.expr, __rate_interval=f"{window_s}s", __range=f"{window_s}s")
        for sample in prometheus.query(expression, at):
            if not math.isnan(sample.value):
                found[legend(query.legend, sample.labels)] = sample.value
    return found


def legend(pattern: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), pattern)


def check(panel: Panel, shown: Answers) -> None:
    """Raises AssertionError unless there is what the story must show, and each series lies where it must."""
    assert len(shown) >= panel.at_least, f"{panel.title}: only {shown}"
    assert set(panel.story) - {"*"} <= set(shown), f"{panel.title}: {shown}"
    wrong = {name: value for name, value in shown.items() if not within(value, wanted(panel, name))}
    assert wrong == {}, f"{panel.title}: {wrong} instead of {dict(panel.story)}"


def wanted(panel: Panel, name: str) -> Range:
    assert name in panel.story or "*" in panel.story, f"{panel.title}: nobody expects {name}"
    return panel.story.get(name, panel.story.get("*", (0, 0)))


def within(value: float, wanted: Range) -> bool:
    low, high = wanted
    return low <= value <= high


class Api:
    """The same questions asked at the services' doors, by an officer of the Department, who sees everything."""

    def __init__(self, doors: Doors, officer: Officer) -> None:
        self._doors, self._officer = doors, officer

    def answers(self, question: str) -> Mapping[str, int]:
        """Legend → how many; what there is none of is absent."""
        return QUESTIONS[question](self)

    def pages(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            parameters = {"limit": 200, **filters} | ({"cursor": cursor} if cursor else {})
            answer = self._doors.read(self._officer, path, **parameters)
            assert answer.ok, answer.text
            page = answer.json()
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def by_state(self, path: str, **filters: str) -> Counter[str]:
        return Counter(one["state"] for one in self.pages(path, **filters))

    def of_agents(self, what: str) -> Counter[str]:
        return Counter(one["state"] for agent in self.pages("/registry/v1/agents") for one in agent[what])


QUESTIONS: Mapping[str, Callable[[Api], Mapping[str, int]]] = {
    "orders overdue": lambda api: {"overdue": len(list(api.pages("/enforcement/v1/orders", state="overdue")))},
    "cases": lambda api: api.by_state("/enforcement/v1/cases"),
    "orders": lambda api: api.by_state("/enforcement/v1/orders"),
    "contracts": lambda api: api.of_agents("contracts"),
    "lines": lambda api: api.of_agents("lines"),
    "agents": lambda api: api.by_state("/registry/v1/agents"),
    "duties": lambda api: api.by_state("/reporting/v1/duties"),
}
