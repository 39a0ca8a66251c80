"""Writes `clauses.json` after a full run: for each clause the tests that name it and passed, and their doors.

    @pytest.mark.clause("HD-2.1d3", door="http")

door: `http`, `kafka` or `webhook` when the test came in as an outsider does; `none` (default) when it asked the rules
themselves. `make generate` makes docs/clauses.md of it.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

DOORS = ("http", "kafka", "webhook", "none")
WHOLE = {"unit", "conformance", "contract", "integration", "story", "faults"}
"""Parts of a run that must have been asked for: less would make clauses look unproven."""
FILE = Path(__file__).resolve().parents[2] / "clauses.json"


class ClauseEvidence:
    """Remembers which marked tests passed."""

    def __init__(self) -> None:
        self._parts: set[str] = set()
        self._marked: dict[str, list[tuple[str, str]]] = {}
        self._passed: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._parts = {item.nodeid.split("/")[1] for item in items}
        for item in items:
            for mark in item.iter_markers("clause"):
                door = mark.kwargs.get("door", "none")
                if door not in DOORS:
                    raise pytest.UsageError(f"{item.nodeid}: door {door!r} is none of {', '.join(DOORS)}")
                self._marked.setdefault(item.nodeid, []).extend((clause, door) for clause in mark.args)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        proven: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for nodeid in self._passed & self._marked.keys():
            for clause, door in self._marked[nodeid]:
                proven[clause].add((nodeid.partition("[")[0], door))
        if self._parts >= WHOLE:
            evidence = {
                clause: [{"test": test, "door": door} for test, door in sorted(proven[clause])]
                for clause in sorted(proven)
            }
            FILE.write_text(json.dumps(evidence, ensure_ascii=False, indent=2) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ClauseEvidence(), "clause-evidence")
