"""How every command speaks: a table or plain words for people, JSON with `--json`, and an exit code for scripts.

Exit codes: 0 done; 1 the answer is no (a broken chain, topics that differ, nothing found); 2 the call is wrong;
3 the system cannot be reached or is not configured.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import requests
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chassis.kafka.clients import KafkaError
from chassis.postgres.pool import DatabaseError, Unavailable
from cli.environment import NoSuchService, NotConfigured
from contracts.refusals import Refusal

NO = 1
WRONG_CALL = 2
UNREACHABLE = 3

LOCAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")


def _said(reason: str) -> str:
    if not reason.strip():
        raise typer.BadParameter("say why: it is kept for ever")
    return reason.strip()


AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever.", callback=_said)]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

P = ParamSpec("P")
R = TypeVar("R")


def say_no(reason: str) -> NoReturn:
    """One line on stderr, exit code 1."""
    _one_line(reason)
    raise typer.Exit(NO)


def wrong_call(reason: str) -> NoReturn:
    """One line on stderr, exit code 2."""
    _one_line(reason)
    raise typer.Exit(WRONG_CALL)


def _one_line(text: str) -> None:
    err.print(" ".join(text.split()), markup=False)


def clear_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turns what may go wrong outside into one line and an exit code; never a traceback."""

    @wraps(command)
    def spoken(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return command(*arguments, **options)
        except Refusal as refusal:
            say_no(f"{refusal.title}: {refusal.detail}")
        except NoSuchService as wrong:
            wrong_call(str(wrong))
        except (NotConfigured, Unavailable, DatabaseError, KafkaError, requests.RequestException) as error:
            _one_line(f"cannot reach the system: {str(error).strip() or type(error).__name__}")
            raise typer.Exit(UNREACHABLE) from None

    return spoken


def answer(as_json: bool, value: Any, words: Callable[[], None]) -> None:
    """`value` as JSON, or what `words` prints."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        words()


@contextmanager
def progress_bar(wanted: bool) -> Iterator[Callable[[int, int], None]]:
    """`show(done, total)` moves a bar on stderr; nothing is drawn when it is not wanted or nobody looks."""
    with Progress(console=err, transient=True, disable=not (wanted and err.is_terminal)) as bar:
        task = bar.add_task("events", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """A plain table; `empty` when there are no rows."""
    lines = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not lines:
        out.print(empty, markup=False)
        return
    table = Table(show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(cell.replace("[", r"\[") for cell in line))
    out.print(table)
