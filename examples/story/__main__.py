"""The main job as a story of seven steps, through the public doors only. `make run` plays it.

A second play of the same run repeats every request byte for byte, finds each step done and finishes what is left.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import requests
from rich.console import Console
from rich.markup import escape

from contracts.topics import SERVICES
from examples.story import (
    step_1_duties,
    step_2_register,
    step_3_inspection,
    step_4_demand,
    step_5_companies,
    step_6_cut,
    step_7_summary,
)
from examples.story.cast import cast_of
from examples.story.doors import Doors, NotSeen, Refused
from examples.story.journal import Journal
from examples.story.stage import Stage

STEPS = (
    step_1_duties,
    step_2_register,
    step_3_inspection,
    step_4_demand,
    step_5_companies,
    step_6_cut,
    step_7_summary,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.story", description=__doc__)
    parser.add_argument("--run-folder", type=Path, required=True, help="where runs keep what they sent")
    parser.add_argument("--fresh", action="store_true", help="play a new run, with companies and agents of its own")
    parser.add_argument("--once", action="store_true", help="end after the last step; else the companies stay up")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stage = _stage(options.run_folder, options.fresh, console)
    try:
        return _play(stage, options.once)
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stage.end_programs()


def _stage(folder: Path, fresh: bool, console: Console) -> Stage:
    journal = Journal.open(folder, fresh)
    ordinal = sum(run.is_dir() for run in folder.iterdir())
    kept = journal.kept("cast")
    if kept is None:
        journal.keep("cast", kept := {"ordinal": ordinal})
    urls = {service: os.environ[f"PHOIHOP_URL_{service.upper()}"] for service in SERVICES}
    doors = Doors(urls, Path(os.environ["PHOIHOP_SECRETS"]), journal)
    return Stage(doors, journal, cast_of(kept["ordinal"]), console, os.environ)


def _play(stage: Stage, once: bool) -> int:
    began = time.monotonic()
    stage.console.print(f"Playing run {stage.journal.run_id} (samples only)")
    for number, step in enumerate(STEPS, 1):
        try:
            with stage.step(number, step.TITLE):
                step.play(stage)
        except (Refused, NotSeen, RuntimeError, TimeoutError, AssertionError, requests.RequestException) as reason:
            stage.console.print(f"   [red]✗ {escape(str(reason))}[/red]")
            stage.console.print(f"   what was sent and said: {escape(str(stage.journal.folder))}")
            return 1
    stage.console.print(f"[bold green]All seven steps were seen[/bold green], in {time.monotonic() - began:.0f} s.")
    _say_where(stage)
    if not once:
        stage.console.print("Everything stays up. Ctrl-C ends it.")
        signal.pause()
    return 0


def _say_where(stage: Stage) -> None:
    for service in SERVICES:
        url = stage.environment[f"PHOIHOP_URL_{service.upper()}"]
        work = stage.environment[f"PHOIHOP_WORK_URL_{service.upper()}"]
        stage.console.print(f"  {service:<12} API {url}/{service}/docs   metrics {url}/metrics {work}/metrics")
    stage.console.print(f"  what was sent, logs and the report: {escape(str(stage.journal.folder))}")


if __name__ == "__main__":
    sys.exit(main())
