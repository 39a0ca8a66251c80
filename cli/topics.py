"""`phoihop topics`: Kafka held against contracts/topics.py."""

import time
from typing import Annotated

import typer

from chassis.kafka import topics as kafka_topics
from chassis.kafka.topics import TopicRefused
from chassis.relay import republish as republishing
from chassis.relay.ahead import KafkaIsAhead, WrongPartitions
from cli import environment
from cli.telling import NO, AsJson, answer, clear_errors, out, progress_bar, say_no
from contracts.topics import all_topics

POLL_S = 0.2

app = typer.Typer(no_args_is_help=True, help="Topics and who may read and write them.")


@app.command()
@clear_errors
def check(as_json: AsJson = False) -> None:
    """Say what differs from contracts/topics.py; exit code 1 when something does.

    Example: phoihop topics check
    """
    problems = kafka_topics.check(environment.kafka())

    def words() -> None:
        for problem in problems:
            out.print(problem, markup=False)
        if not problems:
            out.print(f"All {len(all_topics())} topics and their access lists are as they should be.")

    answer(as_json, {"problems": problems}, words)
    raise typer.Exit(NO if problems else 0)


@app.command()
@clear_errors
def apply(as_json: AsJson = False) -> None:
    """Make missing topics and set the access lists; run again, it changes nothing.

    Example: phoihop topics apply --json
    """
    try:
        done = kafka_topics.apply(environment.kafka())
    except TopicRefused as reason:
        say_no(str(reason))

    def words() -> None:
        for line in done or ["Nothing to do."]:
            out.print(line, markup=False)

    answer(as_json, {"done": done}, words)


@app.command()
@clear_errors
def remake(
    service: Annotated[str, typer.Argument(help="Whose events topic is thrown away.")],
    as_json: AsJson = False,
) -> None:
    """Delete an events topic and make it empty; the service's relay refills it from the log, as soon as it runs.

    After a restore: what the log lost leaves Kafka too. Refused before the epoch was raised. Or when somebody gave the
    topic other partitions.

    Example: phoihop topics remake registry
    """
    with environment.database(service) as pool:
        try:
            state = republishing.remake(pool, service, environment.kafka())
        except (KafkaIsAhead, WrongPartitions, TopicRefused) as reason:
            say_no(str(reason))
    answer(
        as_json,
        {"service": service, "events": state.total},
        lambda: out.print(f"The topic is empty; the relay of {service} sends its {state.total} events again."),
    )


@app.command()
@clear_errors
def republish(
    service: Annotated[str, typer.Argument(help="Whose events topic was lost and made anew.")],
    patience: Annotated[float, typer.Option(help="Seconds to wait for a relay that sends nothing.", min=0)] = 60,
    even_if_not_empty: Annotated[
        bool, typer.Option(help="Also when the topic holds messages: consumers read the doubles and skip them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Refill a newly made events topic from the log, from position 1; the running relay sends, in order.

    Example: phoihop topics apply && phoihop topics republish registry
    """
    with environment.database(service) as pool:
        try:
            state = republishing.republish(pool, service, environment.kafka(), even_if_not_empty)
        except republishing.NotEmpty as reason:
            say_no(str(reason))
        total = state.total
        with progress_bar(not as_json) as show:
            moved_at = time.monotonic()
            while state.sent < total:
                show(state.sent, total)
                time.sleep(POLL_S)
                before, state = state, republishing.progress(pool, service)
                if state.sent != before.sent:
                    moved_at = time.monotonic()
                elif time.monotonic() - moved_at > patience:
                    say_no(
                        f"the relay of {service} sends nothing: {state.sent} of {total} events are on the topic. "
                        "It goes on by itself once its `work` process runs."
                    )
            show(total, total)
    answer(as_json, {"service": service, "events": total}, lambda: out.print(f"{total} events are on the topic again."))
