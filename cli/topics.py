"""`phoihop topics`: Kafka held against contracts/topics.py."""

import typer

from chassis.kafka import topics as kafka_topics
from chassis.kafka.topics import TopicRefused
from cli import environment
from cli.telling import NO, AsJson, answer, clear_errors, out, say_no
from contracts.topics import all_topics

app = typer.Typer(no_args_is_help=True, help="Topics and who may read and write them.")


@app.command()
@clear_errors
def check(as_json: AsJson = False) -> None:
    """Say what differs from contracts/topics.py; exit code 1 when something does."""
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
    """Make missing topics and set the access lists; run again, it changes nothing."""
    try:
        done = kafka_topics.apply(environment.kafka())
    except TopicRefused as reason:
        say_no(str(reason))

    def words() -> None:
        for line in done or ["Nothing to do."]:
            out.print(line, markup=False)

    answer(as_json, {"done": done}, words)
