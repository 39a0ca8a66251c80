"""`phoihop epoch raise`: after a restore, so that no (epoch, position) ever names two facts."""

from typing import Annotated

import typer

from chassis.store.epochs import raise_epoch
from cli import environment
from cli.telling import AsJson, Reason, answer, clear_errors, out

app = typer.Typer(no_args_is_help=True, help="The log's epoch.")


@app.callback()
def group() -> None:
    """The log's epoch."""


@app.command("raise")
@clear_errors
def raise_(
    service: Annotated[str, typer.Argument(help="Whose database was restored.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Go on under a new epoch after the database was restored from a backup.

    Example: phoihop epoch raise registry --reason "restored the backup of 02:00 after a disk failure"
    """
    with environment.database(service, owner=True) as pool:
        epoch = raise_epoch(pool, reason)
    answer(
        as_json,
        {"service": service, "epoch": epoch.no, "from_position": epoch.from_position},
        lambda: out.print(f"{service} goes on under epoch {epoch.no} from position {epoch.from_position}."),
    )
