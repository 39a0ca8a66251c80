"""`phoihop case show`: the whole life of a case over all services, as a person would want to read it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from cli.doors import read
from cli.telling import LOCAL_TIME, AsJson, answer, clear_errors, out

app = typer.Typer(no_args_is_help=True, help="Cases, from the first visit to the last cut line.")


@app.callback()
def group() -> None:
    """Cases, from the first visit to the last cut line."""


@app.command()
@clear_errors
def show(
    case_id: Annotated[UUID, typer.Argument(help="The case's id.")],
    language: Annotated[Literal["vi", "en"], typer.Option(help="Vietnamese or English.")] = "en",
    as_json: AsJson = False,
) -> None:
    """The timeline of a case: what happened, who did it, by which power, and when the system learnt it.

    Example: phoihop case show 62cdc27a-e212-5a72-bd58-402dd994bd1d --language vi
    """
    timeline = read(f"/reporting/v1/cases/{case_id}/timeline")
    answer(as_json, timeline, lambda: _tell(timeline["facts"], language))


def _tell(facts: list[dict[str, Any]], language: str) -> None:
    day = ""
    for fact in facts:
        learnt = datetime.fromisoformat(fact["sequenced_at"]).astimezone(LOCAL_TIME)
        if f"{learnt:%d/%m/%Y}" != day:
            day = f"{learnt:%d/%m/%Y}"
            out.print(day, style="bold")
        who = fact["agency"] or fact["actor"]
        power = f" · {fact['clause']}" if fact["clause"] else ""
        out.print(f"  {learnt:%H:%M:%S}  {fact['said'][language]}", markup=False)
        out.print(f"            {who}{power} · {fact['source']} {fact['position']}", style="dim", markup=False)
