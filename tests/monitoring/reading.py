"""What the tests know of dashboards: the checked-in JSON, the queries as trees, the catalogue of metrics."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from chassis.observe.metrics import Declared, catalogue
from contracts.topics import SERVICES
from deploy.grafana import render
from deploy.grafana.panels import Board
from deploy.grafana.stages import PATIENCE
from deploy.local.stack.state import CHECKOUT

SOON = "5s"
"""What the panels' patience of a minute is shortened to."""
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$datasource": "phoihop", "$job": "phoihop", "$instance": ".+"}
GENERATED_BY_PROMETHEUS = {"up": ("process", "service")}
"""Series that no process exposes; `process` comes from the target files."""
ADDED_BY_THE_SCRAPE = frozenset({"job", "instance", "process", "service", "le"})


@dataclass(frozen=True)
class Shown:
    """A panel as Grafana gets it."""

    board: str
    model: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.board}: {self.model['title']}"

    @property
    def expressions(self) -> list[str]:
        return [target["expr"] for target in self.model["targets"]]


def checked_in(board: Board) -> dict[str, Any]:
    name = f"{board.uid.removeprefix('phoihop-')}.json"
    found: dict[str, Any] = json.loads((CHECKOUT / render.FOLDER / name).read_text())
    return found


def shown() -> list[Shown]:
    """Every panel of both dashboards, without the headlines."""
    return [
        Shown(board.uid, panel)
        for board in render.BOARDS
        for panel in checked_in(board)["panels"]
        if panel["type"] != "row"
    ]


def filled(expression: str, **variables: str) -> str:
    """With Grafana's variables replaced, as Grafana does before it asks Prometheus, and patience shortened."""
    for name, value in (VARIABLES | {f"${name}": value for name, value in variables.items()}).items():
        expression = expression.replace(name, value)
    return expression.replace(f"offset {PATIENCE}", f"offset {SOON}")


def nodes(expression: str) -> list[promql.Expr]:
    """Every node of the query's tree. Raises ValueError when it does not parse."""
    found: list[promql.Expr] = []
    promql.walk(promql.parse(filled(expression)), found.append)
    return found


def selectors(expression: str) -> Iterator[promql.VectorSelector]:
    return (node for node in nodes(expression) if isinstance(node, promql.VectorSelector))


def declared() -> dict[str, Declared]:
    """The catalogue with the metrics of all five services, by the names that Prometheus knows."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.metrics")
    known = {}
    for line in catalogue():
        if line.kind == "histogram":
            known |= {f"{line.name}{suffix}": line for suffix in ("_bucket", "_count", "_sum")}
        else:
            known[line.name] = line
    return known


def owner(line: Declared) -> str | None:
    """The service that declares the metric; None: the chassis, so every service has it."""
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.metrics")
        if any(value is line.collector for value in vars(module).values()):
            return service
    return None
