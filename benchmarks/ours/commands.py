"""One writer, one command after another, each through the full handler: already done? → load → decide → append."""

import random
import time
from uuid import uuid4

from benchmarks.ledger.bootstrap import WRITER, ledger_commands
from benchmarks.ledger.domain import WriteEntry, fields
from benchmarks.task import found, percentile, task
from chassis.postgres.pool import Pool
from chassis.process import garbage


def main() -> None:
    asked = task()
    garbage.look_less_often()  # as every process of a service does at its start
    pool = Pool(asked["dsn"], size=1)
    commands = ledger_commands()
    chance = random.Random(asked["round"])
    took: list[float] = []
    begin = now = time.perf_counter()
    while now - begin < asked["seconds"]:
        command = WriteEntry(**fields(chance.randrange(asked["streams"]), 11))
        commands.execute(pool, command, principal=WRITER, key=uuid4())
        now, before = time.perf_counter(), now
        took.append(now - before)
    found(count=len(took), seconds=now - begin, p95_ms=1000 * percentile(took, 0.95))


main()
