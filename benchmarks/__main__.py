"""`make bench`: every measure beside its peer or limit in the same run, as a table, and as JSON.

ONLY=relay,audit chooses; BENCH_EVENTS (100,000) and BENCH_ROUNDS (3) say how much; BENCH_SECONDS (5) how long each side
of a round writes where commits are counted.
"""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from benchmarks import facts
from benchmarks.ground import Ground, standing
from benchmarks.measures import MEASURES, Size
from benchmarks.table import Row, table
from deploy.local.stack import binaries, programs
from deploy.local.stack.errors import StackError
from deploy.local.stack.state import StateFolder, default_root
from deploy.local.stack.telling import complain, console, say, step

INTERRUPTED = 130
LEAST_EVENTS = 10
WIDTH = 170
"""Columns: a table that wraps cannot be read, not even in a log."""


class WrongSetting(ValueError):
    """A variable holds what cannot be meant; the text names it."""


def number(name: str, usual: float, least: float) -> float:
    """The variable, or what is usual. Raises WrongSetting."""
    text = os.environ.get(name) or str(usual)
    try:
        value = float(text)
    except ValueError:
        raise WrongSetting(f"{name} is {text!r}: give a number") from None
    if value < least:
        raise WrongSetting(f"{name} is {text}: at least {least:g} is needed")
    return value


def chosen() -> list[str]:
    """The measures that ONLY names, in their own order; all of them when it names none. Raises WrongSetting."""
    asked = [name.strip() for name in os.environ.get("ONLY", "").split(",") if name.strip()]
    unknown = sorted(set(asked) - MEASURES.keys())
    if unknown:
        raise WrongSetting(f"ONLY names {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    return [name for name in MEASURES if not asked or name in asked]


def run(names: list[str], events: int, size: Size) -> dict[str, Any]:
    """Measures, and answers everything that goes into the JSON file; the rows under "rows"."""
    with standing(events) as ground:
        settings = facts.durability(ground.servers.postgres.admin_dsn)
        told = ", ".join(f"{name} = {value}" for name, value in settings.items())
        say(f"PostgreSQL: {told}")
        rows = [row for name in names for row in _measure(name, ground, size)]
    return {
        "machine": facts.machine(),
        "postgresql": settings,
        "events": events,
        "rounds": size.rounds,
        "seconds": size.seconds,
        "rows": rows,
    }


def _measure(name: str, ground: Ground, size: Size) -> list[Row]:
    with step(name), console.status(escape(name)) as status:
        return list(MEASURES[name](ground, size, lambda text: status.update(escape(text))))


def install(state: StateFolder) -> None:
    """The servers and the peers' environment, if they are not there. Raises InstallFailed."""
    if not binaries.is_installed(state.servers):
        with step("PostgreSQL 18 and Kafka 4.3, by Maven"):
            binaries.install(state.servers)
    if programs.PEERS in programs.missing(state, [programs.PEERS]):
        with step("Python environment of the peers"):
            programs.install(state, programs.PEERS)


def write(result: dict[str, Any]) -> Path:
    """`benchmarks/` of the state folder, one file a run."""
    folder = StateFolder(default_root()).folder("benchmarks")
    file = folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    rows = [row.told() for row in result["rows"]]
    file.write_text(json.dumps(result | {"rows": rows}, indent=2, ensure_ascii=False) + "\n")
    return file


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    try:
        names = chosen()
        events = int(number("BENCH_EVENTS", 100_000, LEAST_EVENTS))
        size = Size(int(number("BENCH_ROUNDS", 3, 1)), number("BENCH_SECONDS", 5, 0.01))
        install(StateFolder(default_root()))
        say(f"{', '.join(names)}: {events:,} events, {size.rounds} rounds")
        result = run(names, events, size)
    except (StackError, WrongSetting) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    Console(width=max(console.width, WIDTH)).print(table(result["rows"]))
    say(f"{write(result)}  ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
