"""`phoihop audit`: recompute the chain of a log from the stored bytes."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.store import audit
from chassis.store.audit import Head
from cli import environment
from cli.telling import NO, AsJson, answer, clear_errors, out, say_no, wrong_call
from contracts.topics import SERVICES

app = typer.Typer(no_args_is_help=True, help="Whether the log is what it was.")


@app.command()
@clear_errors
def verify(
    service: Annotated[str | None, typer.Argument(help="One service; without it all five.")] = None,
    head: Annotated[
        Path | None,
        typer.Option(help="A head that was exported before: also shows whether the end of the log was cut off."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash; exit code 1 names the first position that is not what it was.

    Example: phoihop audit verify registry --head registry-head.json
    """
    if head is not None and service is None:
        wrong_call("a head belongs to one service: say which")
    told = [_verify(one, _read_head(head) if head else None) for one in ((service,) if service else SERVICES)]

    def words() -> None:
        for verdict in told:
            if verdict["ok"]:
                out.print(
                    f"{verdict['service']}: {verdict['events']} events in {verdict['seconds']} s, every hash is right"
                )
            else:
                out.print(
                    f"{verdict['service']}: broken at position {verdict['first_bad_position']}: {verdict['reason']}",
                    markup=False,
                )

    answer(as_json, told, words)
    raise typer.Exit(0 if all(verdict["ok"] for verdict in told) else NO)


@app.command("head")
@clear_errors
def head_(
    service: Annotated[str, typer.Argument(help="Whose log.")],
    as_json: Annotated[bool, typer.Option("--json", help="It is JSON either way.")] = True,  # noqa: ARG001
) -> None:
    """The end of the log as JSON, to be kept outside and compared with later.

    Example: phoihop audit head registry > registry-head.json
    """
    with environment.database(service) as pool, pool.transaction(read_only=True) as cursor:
        found = audit.current_head(cursor)
    if found is None:
        say_no(f"the log of {service} is empty")
    told = {"service": service, "epoch": found.epoch, "position": found.position, "hash": found.hash.hex()}
    out.print(json.dumps(told), markup=False)


def _verify(service: str, head: Head | None) -> dict[str, Any]:
    began = time.monotonic()
    verdict = audit.verify_database(environment.settings(service).database_url, head)
    return {
        "service": service,
        "ok": verdict.ok,
        "events": verdict.events,
        "first_bad_position": verdict.first_bad_position,
        "reason": verdict.reason,
        "seconds": round(time.monotonic() - began, 1),
    }


def _read_head(path: Path) -> Head:
    try:
        found = json.loads(path.read_text())
        return Head(int(found["epoch"]), int(found["position"]), bytes.fromhex(found["hash"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        say_no(f"{path} holds no head as `phoihop audit head` writes it: {error}")
