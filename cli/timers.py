"""`phoihop timers`: what is due and has not fired, and why."""

from dataclasses import asdict
from typing import Annotated

import typer

from chassis.timers import overdue
from chassis.timers.overdue import Overdue
from cli import environment
from cli.telling import AsJson, answer, clear_errors, show_table
from contracts.topics import SERVICES


@clear_errors
def timers(
    service: Annotated[str | None, typer.Argument(help="One service; without it all five.")] = None,
    as_json: AsJson = False,
) -> None:
    """Timers that are due and have not fired, the longest due first, with what went wrong the last time.

    Example: phoihop timers enforcement
    """
    rows: list[tuple[str, Overdue]] = []
    for one in (service,) if service else SERVICES:
        with environment.database(one) as pool, pool.transaction(read_only=True) as cursor:
            rows += [(one, timer) for timer in overdue.listed(cursor)]
    answer(
        as_json,
        [{"service": owner} | asdict(timer) for owner, timer in rows],
        lambda: show_table(
            ("service", "kind", "stream", "due", "attempts", "again not before", "went wrong"),
            [
                (
                    owner,
                    timer.kind,
                    timer.stream_id,
                    f"{timer.due_at:%F %T}",
                    timer.attempts,
                    f"{timer.not_before:%F %T}" if timer.not_before else "",
                    timer.error,
                )
                for owner, timer in rows
            ],
            "No timer is overdue.",
        ),
    )
