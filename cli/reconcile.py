"""`phoihop reconcile`: after a restore, accept that facts which were applied are lost."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from chassis.consume import reconcile as reconciling
from cli import environment
from cli.telling import AsJson, Reason, answer, clear_errors, out


@clear_errors
def reconcile(
    consumer: Annotated[str, typer.Argument(help="The consumer that stopped before lost facts: reporting.views.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let a consumer go on that had applied facts which a restored service no longer has.

    Its read models should be rebuilt afterwards.

    Example: phoihop reconcile reporting.views --reason "backup of 02:00"
    """
    service = consumer.partition(".")[0]
    with environment.database(service) as pool, pool.transaction() as cursor:
        done = reconciling.reconcile(cursor, consumer, actor=getpass.getuser(), reason=reason)

    def words() -> None:
        for one in done:
            out.print(
                f"{one.topic} partition {one.partition}: positions {one.lost_from} to {one.lost_to} are lost; "
                f"goes on in epoch {one.epoch}",
                markup=False,
            )

    answer(as_json, [asdict(one) for one in done], words)
