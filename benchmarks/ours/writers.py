"""Several writers at once, each a process with one connection: the bare append of one event, or the full handler."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid4

from benchmarks.ledger.bootstrap import FOLD, SCOPE, WRITER, ledger_commands
from benchmarks.ledger.domain import EntryWritten, WriteEntry, fields
from benchmarks.task import found, percentile, task
from chassis.postgres.pool import Pool
from chassis.process import garbage
from chassis.store.append import append
from chassis.store.decision import Change, Decision
from contracts.envelope import Metadata


def bare_append(pool: Pool, chance: random.Random, streams: int) -> None:
    """A new stream each time; the statement is its own transaction."""
    written = fields(chance.randrange(streams), 1)
    stream, command_id = uuid4(), uuid4()
    with pool.statements() as cursor:
        append(
            cursor,
            scope=SCOPE,
            principal=WRITER.name,
            command_id=command_id,
            request_digest=bytes(32),
            decision=Decision(changes=(Change(stream, FOLD.category, 0, (EntryWritten(**written),)),)),
            metadata=metadata(command_id),
            recorded_at=datetime.now(UTC),
        )


def metadata(command_id: UUID) -> Metadata:
    return Metadata(actor=WRITER.name, agency="dic", correlation_id=command_id, causation_id=command_id)


COMMANDS = ledger_commands()


def full_handler(pool: Pool, chance: random.Random, streams: int) -> None:
    command = WriteEntry(**fields(chance.randrange(streams), 11))
    COMMANDS.execute(pool, command, principal=WRITER, key=uuid4())


STEPS: dict[str, Callable[[Pool, random.Random, int], None]] = {"append": bare_append, "handler": full_handler}


def write(asked: dict[str, Any], number: int, gate: Any, results: Any) -> None:
    pool, chance = Pool(asked["dsn"], size=1), random.Random(asked["round"] * 100 + number)
    step = STEPS[asked["step"]]
    step(pool, chance, asked["streams"])
    gate.wait()
    took: list[float] = []
    begin = now = time.perf_counter()
    while now - begin < asked["seconds"]:
        step(pool, chance, asked["streams"])
        now, before = time.perf_counter(), now
        took.append(now - before)
    results.put((now - begin, took))


def main() -> None:
    asked = task()
    garbage.look_less_often()  # as every process of a service does at its start
    context = get_context("fork")
    gate, results = context.Barrier(asked["writers"]), context.Queue()
    writers = [context.Process(target=write, args=(asked, number, gate, results)) for number in range(asked["writers"])]
    for writer in writers:
        writer.start()
    ended = [results.get(timeout=asked["seconds"] + 60) for _ in writers]
    for writer in writers:
        writer.join()
    took = [one for _, of_writer in ended for one in of_writer]
    found(count=len(took), seconds=max(seconds for seconds, _ in ended), p95_ms=1000 * percentile(took, 0.95))


main()
