"""`phoihop projections`: how far each consumer is, and a read model made anew beside the live one."""

import getpass
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from typing import Annotated, Any

import typer

from chassis.consume import views
from chassis.consume.consumer import Consumer
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.rebuild import Rebuild, Rebuilt
from chassis.process import garbage
from cli import environment
from cli.telling import AsJson, Reason, answer, clear_errors, err, out, say_no, show_table
from contracts.topics import SERVICES

app = typer.Typer(no_args_is_help=True, help="Consumers and their read models.")


@app.command("list")
@clear_errors
def list_(
    service: Annotated[str | None, typer.Argument(help="One service; without it all five.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every consumer: its live version, its tables, what waits, and what stands still and why.

    Example: phoihop projections list registry
    """
    rows: list[tuple[str, views.Standing]] = []
    for one in (service,) if service else SERVICES:
        with environment.database(one) as pool, pool.transaction(read_only=True) as cursor:
            rows += [(one, standing) for standing in views.listed(cursor, consumers_of(one))]

    def words() -> None:
        show_table(
            ("consumer", "version", "tables", "dealt with", "parked", "stopped", "last moved", ""),
            [
                (
                    row.consumer,
                    row.version,
                    " ".join(row.tables),
                    row.dealt_with,
                    row.parked,
                    len(row.stopped),
                    f"{row.moved_at:%F %T}" if row.moved_at else "",
                    "" if row.fits_code else "tables are of other SQL than the code's: rebuild",
                )
                for _, row in rows
            ],
            "There are no consumers.",
        )
        for _, row in rows:
            for one in row.stopped:
                out.print(f"{row.consumer} stands still on {one.topic}/{one.partition}: {one.reason}", markup=False)
                out.print(
                    f"    since {one.stopped_at:%F %T}, before position {one.position}: {one.detail}", markup=False
                )

    answer(as_json, [{"service": owner} | asdict(row) for owner, row in rows], words)


@app.command()
@clear_errors
def rebuild(
    reason: Reason,
    consumer: Annotated[
        str | None, typer.Argument(help="As `phoihop projections list` shows it: registry.views.")
    ] = None,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="All whose tables are of other SQL than the code's.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the read models of a consumer anew from the beginning of its topics, then swap them in at once.

    Readers see the old tables until the swap.

    Example: phoihop projections rebuild registry.views --reason "new column"
    """
    if outdated == (consumer is not None):
        raise typer.BadParameter("name one consumer, or say --outdated")
    done = [_rebuild(one, reason, quiet=as_json) for one in ([consumer] if consumer else list(_outdated()))]

    def words() -> None:
        for one in done:
            out.print(f"{one.consumer}: version {one.new_version} is live after {one.seconds:.1f} s.")
            show_table(
                ("table", "rows before", "rows now", "rows that differ"),
                [(row.table, row.live_rows, row.new_rows, row.differing) for row in one.tables],
                "It has no tables.",
            )
        if not done:
            out.print("Every read model fits the code.")

    answer(as_json, [asdict(one) for one in done], words)


def _outdated() -> Iterator[str]:
    for service in SERVICES:
        with environment.database(service) as pool, pool.transaction(read_only=True) as cursor:
            yield from [row.consumer for row in views.listed(cursor, consumers_of(service)) if not row.fits_code]


def _rebuild(consumer: str, reason: str, quiet: bool) -> Rebuilt:
    service = consumer.partition(".")[0]
    found = next((one for one in consumers_of(service) if one.name == consumer), None)
    if found is None:
        say_no(f"{service} has no consumer {consumer}; `phoihop projections list` shows them")
    tell = str if quiet else err.print
    with environment.database(service, owner=True, size=4) as owner:
        broker = KafkaBroker(environment.kafka(), None, found.topics)
        rebuild = Rebuild(found, owner, broker, serving=service, tell=tell)
        garbage.look_less_often()
        return rebuild.run(actor=getpass.getuser(), reason=reason)


def consumers_of(service: str) -> tuple[Consumer, ...]:
    """The service's consumers, from its own bootstrap. Raises NotConfigured."""
    settings = environment.settings(service)
    bootstrap: Any = import_module(f"services.{service}.bootstrap")
    found: tuple[Consumer, ...] = bootstrap.consumers(settings)
    return found
