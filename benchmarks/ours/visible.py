"""From a command to its row in the read model: written at a fixed pace, then waited for as `?after=` does.

The clock of each command starts when it was due, not when its turn came: what stands in a queue is counted.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from benchmarks.ledger.bootstrap import WRITER, ledger_commands, views
from benchmarks.ledger.domain import WriteEntry, fields
from benchmarks.task import found, percentile, task
from chassis.consume.after import wait_until_seen
from chassis.postgres.pool import Pool

CLERKS = 32


def main() -> None:
    asked = task()
    pool = Pool(asked["dsn"], size=CLERKS)
    commands, consumer = ledger_commands(), views().name

    def one(number: int, due: float) -> float:
        written = WriteEntry(**fields(number % asked["streams"], 11))
        answer = commands.execute(pool, written, principal=WRITER, key=uuid4())
        assert answer.after is not None
        wait_until_seen(pool, consumer, answer.after, timeout=30)
        return time.perf_counter() - due

    one(0, time.perf_counter())
    count = int(asked["rate"] * asked["seconds"])
    with ThreadPoolExecutor(CLERKS) as clerks:
        begin = time.perf_counter()
        waiting = []
        for number in range(count):
            due = begin + number / asked["rate"]
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(clerks.submit(one, number, due))
        took = [one.result() for one in waiting]
        seconds = time.perf_counter() - begin
    pool.close()
    found(count=count, seconds=seconds, p50_ms=1000 * percentile(took, 0.5), p95_ms=1000 * percentile(took, 0.95))


main()
