"""`phoihop parked`: messages that a consumer set aside, until a person decides."""

import getpass
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from chassis.consume import parked as parking
from chassis.consume.parked import Parked
from cli import environment
from cli.telling import AsJson, Reason, answer, clear_errors, out, show_table
from contracts.topics import SERVICES

app = typer.Typer(no_args_is_help=True, help="Messages set aside with their reason.")

Service = Annotated[str, typer.Argument(help="The service whose consumer parked it.")]
Number = Annotated[int, typer.Argument(help="The message's number in `phoihop parked list`.")]


@app.command("list")
@clear_errors
def list_(
    service: Annotated[str | None, typer.Argument(help="One service; without it all five.")] = None,
    decided: Annotated[bool, typer.Option("--decided", help="Also what was replayed or discarded.")] = False,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, oldest first.

    Example: phoihop parked list registry --decided
    """
    rows = list(_rows((service,) if service else SERVICES, decided))
    answer(
        as_json,
        [_as_json(owner, row) for owner, row in rows],
        lambda: show_table(
            ("service", "no", "consumer", "type", "stream", "reason", "state", "since"),
            [
                (owner, row.no, row.consumer, row.type, row.stream, row.reason, row.state, f"{row.parked_at:%F %T}")
                for owner, row in rows
            ],
            "Nothing is parked.",
        ),
    )


@app.command()
@clear_errors
def show(service: Service, number: Number, as_json: AsJson = False) -> None:
    """One parked message: why, where it stood, its headers and its bytes.

    Example: phoihop parked show registry 3
    """
    with environment.database(service) as pool, pool.transaction(read_only=True) as cursor:
        row = parking.show(cursor, number)
    told = _as_json(service, row) | {
        "detail": row.detail,
        "headers": {name: (value or b"").decode(errors="replace") for name, value in row.record.headers},
        "value": (row.record.value or b"").decode(errors="replace"),
    }

    def words() -> None:
        for name, value in told.items():
            out.print(f"{name:>14}  {value}", markup=False)

    answer(as_json, told, words)


@app.command()
@clear_errors
def retry(service: Service, number: Number, reason: Reason, as_json: AsJson = False) -> None:
    """Mark a message and those parked behind it: the consumer replays them in order.

    Example: phoihop parked retry registry 3 --reason "the cause is mended in release 1.4"
    """
    with environment.database(service) as pool, pool.transaction() as cursor:
        count = parking.retry(cursor, number, actor=getpass.getuser(), reason=reason)
    answer(as_json, {"marked": count}, lambda: out.print(f"{count} message(s) will be replayed by the consumer."))


@app.command()
@clear_errors
def discard(service: Service, number: Number, reason: Reason, as_json: AsJson = False) -> None:
    """Give a message up for good; who and why is written down.

    Example: phoihop parked discard registry 3 --reason "a test message of the agency, agreed by phone"
    """
    with environment.database(service) as pool, pool.transaction() as cursor:
        parking.discard(cursor, number, actor=getpass.getuser(), reason=reason)
    answer(as_json, {"discarded": number}, lambda: out.print(f"Message {number} of {service} is discarded."))


def _rows(services: tuple[str, ...], decided: bool) -> Iterator[tuple[str, Parked]]:
    for service in services:
        with environment.database(service) as pool, pool.transaction(read_only=True) as cursor:
            for row in parking.listed(cursor, decided=decided):
                yield service, row


def _as_json(service: str, row: Parked) -> dict[str, Any]:
    return {
        "service": service,
        "no": row.no,
        "consumer": row.consumer,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.kafka_offset,
        "position": row.position,
        "type": row.type,
        "stream": row.stream,
        "first_cause": row.first_cause,
        "reason": row.reason,
        "state": row.state,
        "attempts": row.attempts,
        "parked_at": row.parked_at.isoformat(),
    }
