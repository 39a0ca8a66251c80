"""What a panel is: the question it answers, what is normal, what to do otherwise, what the story must show; queries.

A query reads `$job` always and `$instance` unless its panel says why not. Gauges that are read from a database are the
same in every replica of a process, so replicas are folded by `max` before anything is added up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["stat", "bargauge", "timeseries"]
Range = tuple[float, float]
"""From and to, both included."""

FOR_EVER = float("inf")
NONE: Range = (0, 0)
SOME: Range = (1e-9, FOR_EVER)
ANYTHING = 0.001
"""The least that a rate must be to be seen."""

OPERATIONS = "docs/operations.md"

COUNT, SECONDS, RATIO = "short", "s", "percentunit"
PER_SECOND, REQUESTS_PER_SECOND, REQUESTS_PER_MINUTE = "ops", "reqps", "reqpm"
UNITS = frozenset({COUNT, SECONDS, RATIO, PER_SECOND, REQUESTS_PER_SECOND, REQUESTS_PER_MINUTE})
"""Ids of Grafana that are used here; any other is a slip."""
KINDS = frozenset({"stat", "bargauge", "timeseries", "row"})


@dataclass(frozen=True)
class Query:
    """`expr` is PromQL with Grafana's variables; `legend` names each series by its labels, as in `{{service}}`."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Levels:
    """Where a value turns yellow and red; below both it is green. None: never."""

    yellow: float | None = None
    red: float | None = None


@dataclass(frozen=True)
class Moved:
    """What a fault does to the panel: at least one series comes to lie in `to` while `fault` lasts."""

    fault: str
    to: Range = SOME


@dataclass(frozen=True)
class Panel:
    """`story`: legend → the range in which the series must lie once the story was played; `*` holds for all others.

    `at_least`: how many series there must be. `api`: the question whose answer over HTTP must be the same.
    """

    id: int
    title: str
    question: str
    normal: str
    otherwise: str
    kind: Kind
    unit: str
    queries: tuple[Query, ...]
    width: int
    height: int
    story: Mapping[str, Range]
    levels: Levels = field(default_factory=Levels)
    moved: Moved | None = None
    at_least: int = 1
    api: str | None = None
    alert: str | None = None
    """The alert that concerns it: its section of docs/operations.md is the runbook."""
    any_instance: str | None = None
    """Why the queries do not read `$instance`."""

    @property
    def anchor(self) -> str | None:
        """Its section of docs/operations.md."""
        return self.alert and self.alert.lower()

    @property
    def description(self) -> str:
        """What stands behind the panel's (i)."""
        runbook = f"\n\nMore: {OPERATIONS}#{self.anchor}" if self.anchor else ""
        return f"{self.question}\n\nNormal: {self.normal}\n\nOtherwise: {self.otherwise}{runbook}"


@dataclass(frozen=True)
class Row:
    """A headline over the panels that follow."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """One dashboard. Ids of panels are unique in it and never given to another question."""

    uid: str
    title: str
    description: str
    refresh: str
    since: str
    rows: tuple[Row, ...]

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)


BUSINESS = "it is about the province, not about a process"
"""Why a panel does not read `$instance`."""
EVERYWHERE = "it compares what two processes say"


def business(metric: str, *labels: str, more: str = "") -> str:
    """A gauge of the read models, each replica's value once: summed over what is not in `labels`.

    `more`: matchers, each with a comma after it.
    """
    folded = f'max without (instance) ({metric}{{{more}job=~"$job"}})'
    return f"sum by ({', '.join(labels)}) ({folded})" if labels else f"sum({folded})"


def process(metric: str, more: str = "") -> str:
    """The series of the chosen processes."""
    return f'{metric}{{{more}job=~"$job", instance=~"$instance"}}'
