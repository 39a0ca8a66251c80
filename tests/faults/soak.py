"""`make soak`: the faults at their full dose, one after another and again, until the time is over.

Each fault is a run of its own, on a system of its own, least recently soaked first, so that several nights see all of
them. What came of it is written as JSON and Markdown under the state folder: what was injected, what was lost, doubled
or out of order, and how long it took until nothing was on its way any more.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.stack.state import CHECKOUT, default_root
from tests.faults.doses import DOSES

MOST_S = 45 * 60
"""Of one fault."""
GOODBYE_S = 90
"""For pytest to stop the servers of a run that is over."""
LEAST_S = 45
"""A run that would have less is not begun; the first one always is."""
COUNTED = ("lost", "doubled", "out_of_order", "other")
Outcome = Literal["kept", "broken", "time was over"]


@dataclass(frozen=True)
class Run:
    """One fault, injected as often as its dose says."""

    fault: str
    injected: Mapping[str, int]
    outcome: Outcome
    seconds: float
    tests: int = 0
    failed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    sent_twice: int = 0
    recovered_s: float | None = None
    """The longest; None when the tests of this fault have a check of their own."""
    log: str = ""


def injected(fault: str, dose: str) -> dict[str, int]:
    return {row.what: row.full if dose == "full" else row.small for row in DOSES if row.fault == fault}


def read_report(report: Path) -> dict[str, Any]:
    """The fields of a Run that pytest's report tells."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = [one for one in cases if one.find("failure") is not None or one.find("error") is not None]
    verdicts = [
        json.loads(found.attrib["value"])
        for one in cases
        for found in one.iter("property")
        if found.attrib["name"] == "verdict"
    ]
    return {
        "tests": len(cases),
        "failed": tuple(f"{one.attrib['classname']}.{one.attrib['name']}" for one in failed),
        "counts": {kind: sum(verdict[kind] for verdict in verdicts) for kind in COUNTED},
        "sent_twice": max((verdict["sent_twice"] for verdict in verdicts), default=0),
        "recovered_s": max((verdict["recovered_s"] for verdict in verdicts), default=None),
    }


def soak_one(fault: str, dose: str, tests: str, folder: Path, limit_s: float) -> Run:
    """Runs the tests of one fault, at most so long; the servers are stopped when it returns."""
    report, log = folder / f"{fault}.xml", folder / f"{fault}.log"
    report.unlink(missing_ok=True)
    settings = ["-c", str(CHECKOUT / "pyproject.toml"), "-q", f"--junitxml={report}"]
    argv = [sys.executable, "-m", "pytest", tests, "--fault", fault, *settings]
    begun, over = time.monotonic(), False
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            cwd=CHECKOUT,
            env=os.environ | {"PHOIHOP_DOSE": dose},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            over = True
        finally:
            end(child)
    told = read_report(report) if report.exists() and not over else {}
    kept = child.returncode == 0 and told.get("tests", 0) > 0
    outcome: Outcome = "time was over" if over else "kept" if kept else "broken"
    return Run(fault, injected(fault, dose), outcome, round(time.monotonic() - begun, 1), log=str(log), **told)


def end(child: "subprocess.Popen[bytes]") -> None:
    """As Ctrl-C does, so that the servers are stopped; the kernel ends them if that takes too long."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def least_recent_first(faults: Sequence[str], results: Path) -> list[str]:
    """By the earlier results in that folder; what never came to its end comes first, in the order of the table."""
    last: dict[str, str] = {}
    for file in sorted(results.glob("*.json")):
        for run in json.loads(file.read_text())["runs"]:
            if run["outcome"] != "time was over":
                last[run["fault"]] = file.name
    return sorted(faults, key=lambda fault: last.get(fault, ""))


def soak(
    faults: Sequence[str], seconds: float, one: Callable[[str, float], Run], done: Callable[[Run], object]
) -> None:
    """Each fault in turn, and again from the first, until the time is over; `one` gets a fault and its limit in s."""
    end_at = time.monotonic() + seconds
    turn = 0
    while (left := end_at - time.monotonic()) > LEAST_S or turn == 0:
        done(one(faults[turn % len(faults)], max(LEAST_S, min(left, MOST_S))))
        turn += 1


def markdown(result: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"# Soak of {result['began'][:16].replace('T', ' ')} UTC",
        "",
        f"{result['minutes']:g} minutes, dose `{result['dose']}`, {result['cpus']} CPUs.",
        "",
        "| fault | injected | outcome | lost | doubled | out of order | else | recovered, s | took, s |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for run in result["runs"]:
        counts = [run["counts"].get(kind, "") for kind in COUNTED]
        what = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run["injected"].items())
        recovered = "" if run["recovered_s"] is None else run["recovered_s"]
        cells = (run["fault"], what, run["outcome"], *counts, recovered, run["seconds"])
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def table_of(runs: Sequence[Run]) -> Table:
    table = Table("fault", "outcome", "tests", "lost", "doubled", "out of order", "else", "recovered", "took")
    for run in runs:
        counts = [str(run.counts.get(kind, "")) for kind in COUNTED]
        recovered = "" if run.recovered_s is None else f"{run.recovered_s:g} s"
        table.add_row(run.fault, run.outcome, str(run.tests), *counts, recovered, f"{run.seconds:.0f} s")
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing was lost, doubled or otherwise broken; 1 when something was, or nothing came to its end."""
    known = list(dict.fromkeys(row.fault for row in DOSES))
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--dose", choices=("full", "small"), default="full")
    parser.add_argument("--tests", default="tests/faults", help="where the tests of the faults are")
    parser.add_argument("--results", type=Path, default=default_root() / "soak")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="all that have a dose, if none is named")
    chosen = parser.parse_args(argv)
    if strange := set(chosen.faults) - set(known):
        parser.error(f"no such fault: {', '.join(sorted(strange))}; there are {' '.join(known)}")
    began = datetime.now(UTC)
    folder = chosen.results / began.strftime("%Y-%m-%dT%H%M%S")
    folder.mkdir(parents=True)
    console, runs = Console(), list[Run]()
    faults = list(chosen.faults) or least_recent_first(known, chosen.results)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("soak", total=chosen.minutes * 60)
            begun = time.monotonic()

            def one(fault: str, limit_s: float) -> Run:
                progress.update(task, description=f"{fault}, {len(runs)} done", completed=time.monotonic() - begun)
                return soak_one(fault, chosen.dose, chosen.tests, folder, limit_s)

            def done(run: Run) -> None:
                runs.append(run)
                progress.console.print(f"{run.fault}: {run.outcome} after {run.seconds:.0f} s", highlight=False)

            soak(faults, chosen.minutes * 60, one, done)
    except KeyboardInterrupt:
        console.print("interrupted: the result holds what came to its end")
    result = {
        "began": began.isoformat(),
        "ended": datetime.now(UTC).isoformat(),
        "minutes": chosen.minutes,
        "dose": chosen.dose,
        "cpus": os.cpu_count(),
        "runs": [asdict(run) for run in runs],
    }
    folder.with_suffix(".json").write_text(json.dumps(result, indent=1))
    folder.with_suffix(".md").write_text(markdown(result))
    console.print(table_of(runs))
    console.print(f"{folder.with_suffix('.json')}\n{folder.with_suffix('.md')}", soft_wrap=True, highlight=False)
    outcomes = [run.outcome for run in runs]
    return 0 if "kept" in outcomes and "broken" not in outcomes else 1


if __name__ == "__main__":
    sys.exit(main())
