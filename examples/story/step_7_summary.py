"""What reporting has summarised as it happened; the hash chain of each service is verified."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table

from examples.story.cast import DEPARTMENT
from examples.story.stage import Stage

TITLE = "The summary stands, and the log of every service is whole"

SUMMARY = "/reporting/v1/summary"
VERIFY_LIMIT_S = 60


def play(stage: Stage) -> None:
    summary = stage.until("everything in the summary", lambda: _summary_with_everything(stage))
    _show(stage, summary)
    folder = stage.journal.folder / "report"
    folder.mkdir(exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    (folder / "summary.html").write_bytes(stage.doors.document(DEPARTMENT, SUMMARY, "text/html"))
    _verify(stage)
    for name in ("summary.html", "summary.json"):
        stage.tell(f"report: {Path(folder) / name}")


def _summary_with_everything(stage: Stage) -> dict[str, Any] | None:
    summary = stage.doors.read(DEPARTMENT, SUMMARY)
    terminated, cut = summary["contracts"].get("terminated", 0), summary["lines"].get("cut", 0)
    return summary if terminated >= 3 and cut >= 1 and summary["orders_overdue"] >= 1 else None


def _show(stage: Stage, summary: dict[str, Any]) -> None:
    _table(stage, "Agents", ("district", "state", "agents"),
           ((row["area_name"], row["state"], row["agents"]) for row in summary["agents"]))  # fmt: skip
    _table(stage, "Violations", ("provision", "category", "violations"),
           ((row["provision"], row["category"], row["violations"]) for row in summary["violations"]))  # fmt: skip
    _table(stage, "Orders", ("kind", "outcome", "orders"),
           ((row["kind"], row["outcome"], row["orders"]) for row in summary["orders"]))  # fmt: skip
    _table(stage, "Duties", ("state", "duties"), ((row["state"], row["duties"]) for row in summary["duties"]))


def _table(stage: Stage, title: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column == columns[-1] else "left")
    for row in rows:
        table.add_row(*map(str, row))
    stage.console.print(table)


def _verify(stage: Stage) -> None:
    """What `phoihop audit verify` says of every service's log. Raises RuntimeError when a chain is broken."""
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "audit", "verify"], capture_output=True, text=True, timeout=VERIFY_LIMIT_S
    )
    for line in ended.stdout.splitlines():
        stage.tell(line)
    if ended.returncode != 0:
        raise RuntimeError(f"a log is not whole: {ended.stdout.strip()} {ended.stderr.strip()}")
