"""`make soak`: the faults at their full dose, one after another and again, until the time is over.

Each fault is a run of its own, on a system of its own, with its share of the time, least recently soaked first, so that
several nights see all of them. What came of it is written as JSON and Markdown under the state folder: how much was
injected, what was lost, doubled or out of order, and how long it took until nothing was on its way any more.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.stack.state import CHECKOUT, default_root
from tests.faults import telling
from tests.faults.doses import DOSES

SHARE_S = 180
"""A fault gets as much at least, if that much is left: its system needs some half a minute to start."""
GOODBYE_S = 90
"""For pytest to stop the servers of a run that is over."""
LEAST_S = 60
"""A run that would have less is not begun; the first one always is."""
COUNTED = ("lost", "doubled", "out_of_order", "other")
Outcome = Literal["kept", "broken", "time was over"]


@dataclass(frozen=True)
class Run:
    """One fault. `injected`: whole rounds, the fewest of all its loops that began; `dose`: what was asked for."""

    fault: str
    dose: Mapping[str, int]
    outcome: Outcome
    seconds: float
    injected: Mapping[str, int] = field(default_factory=dict)
    tests: int = 0
    ended: int = 0
    """Of the tests; only what these told is in the counts."""
    failed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    sent_twice: int = 0
    recovered_s: float | None = None
    """The longest; None when the tests of this fault have a check of their own."""
    log: str = ""


def doses_of(fault: str, dose: str) -> dict[str, int]:
    return {row.what: row.full if dose == "full" else row.small for row in DOSES if row.fault == fault}


def read_report(fault: str, report: Path) -> dict[str, Any]:
    """The fields of a Run that its tests have told so far (`telling`)."""
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    tests = [line for line in lines if "ended" in line]
    verdicts = [verdict for test in tests for verdict in test["verdicts"]]
    return {
        "injected": _injected(fault, lines),
        "tests": sum(line.get("collected", 0) for line in lines),
        "ended": len(tests),
        "failed": tuple(test["ended"] for test in tests if test["failed"]),
        "counts": {kind: sum(verdict[kind] for verdict in verdicts) for kind in COUNTED} if tests else {},
        "sent_twice": max((verdict["sent_twice"] for verdict in verdicts), default=0),
        "recovered_s": max((verdict["recovered_s"] for verdict in verdicts), default=None),
    }


def _injected(fault: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What is given at once counts when its test has ended, a loop also while it is under way."""
    given: dict[tuple[str, object], int] = {}
    at_once: dict[tuple[str, object], int] = {}
    for line in lines:
        if "ended" in line:
            given |= at_once
            at_once.clear()
        elif line.get("fault") == fault:
            (given if "loop" in line else at_once)[line["what"], line.get("loop")] = line["given"]
    kinds = {what for what, _ in given}
    return {kind: min(count for (what, _), count in given.items() if what == kind) for kind in sorted(kinds)}


def soak_one(fault: str, dose: str, tests: str, folder: Path, limit_s: float) -> Run:
    """Runs the tests of one fault, at most so long; the servers are stopped when it returns."""
    report, log = folder / f"{fault}.jsonl", folder / f"{fault}.log"
    report.unlink(missing_ok=True)
    plugin = ["-c", str(CHECKOUT / "pyproject.toml"), "-q", "-p", telling.__name__]
    argv = [sys.executable, "-m", "pytest", tests, "--fault", fault, *plugin]
    begun, over = time.monotonic(), False
    told = {"PHOIHOP_DOSE": dose, telling.REPORT: str(report), telling.UNTIL: str(begun + limit_s)}
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            cwd=CHECKOUT,
            env=os.environ | told,
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
            found = read_report(fault, report)  # before the end, which fails what it breaks off
            end(child)
    seconds = round(time.monotonic() - begun, 1)
    return Run(fault, doses_of(fault, dose), _outcome(over, **found), seconds, log=str(log), **found)


def _outcome(over: bool, tests: int, ended: int, failed: Sequence[str], **_: object) -> Outcome:
    if failed:
        return "broken"
    if ended == tests > 0:
        return "kept"
    return "time was over" if over else "broken"


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
    """Each fault in turn, and again from the first, until the time is over; `one` gets a fault and its limit in s.

    What is left is shared by the faults whose turn is still to come; what one does not need is for the others.
    """
    end_at = time.monotonic() + seconds
    turn = 0
    while (left := end_at - time.monotonic()) > LEAST_S or turn == 0:
        to_come = len(faults) - turn % len(faults)
        done(one(faults[turn % len(faults)], max(LEAST_S, min(left, max(SHARE_S, left / to_come)))))
        turn += 1


def markdown(result: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"# Soak of {result['began'][:16].replace('T', ' ')} UTC",
        "",
        f"{result['minutes']:g} minutes, dose `{result['dose']}`, {result['cpus']} CPUs.",
        "",
        "| fault | injected | tests | outcome | lost | doubled | out of order | else | recovered, s | took, s |",
        "|---|---|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    for run in result["runs"]:
        counts = [run["counts"].get(kind, "") for kind in COUNTED]
        what = ", ".join(_part(run["injected"].get(name, 0), most, name) for name, most in run["dose"].items())
        recovered = "" if run["recovered_s"] is None else run["recovered_s"]
        tests = f"{run['ended']} of {run['tests']}"
        cells = (run["fault"], what, tests, run["outcome"], *counts, recovered, run["seconds"])
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _part(given: int, dose: int, what: str) -> str:
    """`20 kills`, or `7 of 20 kills`."""
    return f"{given}{'' if given >= dose else f' of {dose}'} {what.replace('_', ' ')}"


def table_of(runs: Sequence[Run]) -> Table:
    table = Table("fault", "outcome", "tests", "lost", "doubled", "out of order", "else", "recovered", "took")
    for run in runs:
        counts = [str(run.counts.get(kind, "")) for kind in COUNTED]
        recovered = "" if run.recovered_s is None else f"{run.recovered_s:g} s"
        table.add_row(run.fault, run.outcome, f"{run.ended} of {run.tests}", *counts, recovered, f"{run.seconds:.0f} s")
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
    for number in (signal.SIGINT, signal.SIGTERM):  # behind `&` a shell lets SIGINT pass over
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
