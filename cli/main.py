"""The command `phoihop`: what an operator types. Every command has `--json`, `--help` with an example, and exit codes:
0 done, 1 the answer is no, 2 the call is wrong, 3 the system cannot be reached."""

import typer

from cli import audit, case, environment, epoch, parked, projections, topics
from cli.clause import clause
from cli.orders import orders
from cli.read import read
from cli.reconcile import reconcile
from cli.timers import timers
from cli.token import token

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Look after Phối hợp: topics, logs, parked messages, timers, orders, cases, clauses.",
)
app.command()(token)
app.command()(read)
app.command()(orders)
app.command()(timers)
app.command()(clause)
app.command()(reconcile)
app.add_typer(case.app, name="case")
app.add_typer(topics.app, name="topics")
app.add_typer(epoch.app, name="epoch")
app.add_typer(audit.app, name="audit")
app.add_typer(projections.app, name="projections")
app.add_typer(parked.app, name="parked")


@app.callback()
def begin() -> None:
    """Look after Phối hợp: topics, logs, parked messages, timers, orders, cases, clauses."""
    environment.load()


if __name__ == "__main__":
    app(prog_name="phoihop")
