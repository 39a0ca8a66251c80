"""`phoihop reconcile`: after a restore, accept that facts which were applied are lost."""

import getpass
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from chassis.consume import reconcile as reconciling
from chassis.consume.reconcile import Reconciled
from chassis.store import epochs
from cli import environment
from cli.telling import AsJson, Reason, answer, clear_errors, out
from contracts.topics import SERVICES, events_topic


@clear_errors
def reconcile(
    reason: Reason,
    consumer: Annotated[
        str | None, typer.Argument(help="The consumer that stopped before lost facts: reporting.views.")
    ] = None,
    restored: Annotated[
        str | None, typer.Option(help="The service whose database was restored: every consumer of its facts.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let consumers go on that had applied facts which a restored service no longer has.

    Their read models should be rebuilt afterwards: the last line says how.

    Example: phoihop reconcile --restored registry --reason "backup of 02:00"
    """
    if (consumer is None) == (restored is None):
        raise typer.BadParameter("name one consumer, or say --restored and the service")
    done = list(_one(consumer, reason) if consumer else _all(str(restored), reason))

    def words() -> None:
        for one in done:
            out.print(
                f"{one.consumer}: {one.topic} partition {one.partition}: positions {one.lost_from} to {one.lost_to} "
                f"are lost; goes on in epoch {one.epoch}",
                markup=False,
            )
        for name in read_models(done):
            out.print(f"now: phoihop projections rebuild {name} --reason …", markup=False)
        if not done:
            out.print("No consumer had applied anything that is lost.")

    answer(as_json, [asdict(one) for one in done], words)


def read_models(done: list[Reconciled]) -> list[str]:
    """Consumers among these whose tables may show lost facts; versions stand behind an @."""
    return sorted({name for name, at, _ in (one.consumer.partition("@") for one in done) if at})


def _one(consumer: str, reason: str) -> Iterator[Reconciled]:
    service = consumer.partition(".")[0]
    with environment.database(service) as pool, pool.transaction() as cursor:
        yield from reconciling.reconcile(cursor, consumer, actor=getpass.getuser(), reason=reason)


def _all(restored: str, reason: str) -> Iterator[Reconciled]:
    with environment.database(restored) as pool, pool.transaction(read_only=True) as cursor:
        cuts = epochs.cuts(cursor)
    topic = events_topic(restored)
    for service in SERVICES:
        with environment.database(service) as pool, pool.transaction() as cursor:
            yield from reconciling.reconcile_all(cursor, topic, cuts, actor=getpass.getuser(), reason=reason)
