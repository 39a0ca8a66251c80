"""From a command to its row in the read model: written at a fixed pace, then waited for as `?after=` does.

The clock of each command starts when it was due, not when its turn came: what stands in a queue is counted. Several
processes write, because threads of one Python wait for each other longer than for the system that is measured.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from threading import Barrier
from typing import Any
from uuid import uuid4

from benchmarks.ledger.bootstrap import WRITER, ledger_commands, views
from benchmarks.ledger.domain import WriteEntry, fields
from benchmarks.task import found, percentile, task
from chassis.consume.after import wait_until_seen
from chassis.postgres.pool import Pool
from chassis.process import garbage

DESKS = 4
"""Processes."""
CLERKS = 8
"""Threads of each."""


def work(asked: dict[str, Any], desk: int, gate: Any, results: Any) -> None:
    """Every DESKS-th command, from the desk-th on; answers the seconds each took."""
    pool = Pool(asked["dsn"], size=CLERKS)
    commands, consumer = ledger_commands(), views().name

    def one(number: int, due: float) -> float:
        written = WriteEntry(**fields(number % asked["streams"], 11))
        answer = commands.execute(pool, written, principal=WRITER, key=uuid4())
        assert answer.after is not None
        wait_until_seen(pool, consumer, answer.after, timeout=30)
        return time.perf_counter() - due

    everybody = Barrier(CLERKS)

    def settle_in(number: int) -> None:
        """Each clerk opens a connection: in a service that is at work they are open."""
        everybody.wait()
        one(number, time.perf_counter())

    with ThreadPoolExecutor(CLERKS) as clerks:
        list(clerks.map(settle_in, range(desk, CLERKS * DESKS, DESKS)))
        gate.wait()
        begin = time.perf_counter()
        waiting = []
        for number in range(desk, int(asked["rate"] * asked["seconds"]), DESKS):
            due = begin + number / asked["rate"]
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(clerks.submit(one, number, due))
        results.put([one.result() for one in waiting])
    pool.close()


def main() -> None:
    asked = task()
    garbage.look_less_often()  # as every process of a service does at its start
    context = get_context("fork")
    gate, results = context.Barrier(DESKS + 1), context.Queue()
    desks = [context.Process(target=work, args=(asked, desk, gate, results)) for desk in range(DESKS)]
    for desk in desks:
        desk.start()
    gate.wait()
    begin = time.perf_counter()
    took = [one for _ in desks for one in results.get(timeout=asked["seconds"] + 60)]
    seconds = time.perf_counter() - begin
    for desk in desks:
        desk.join()
    found(count=len(took), seconds=seconds, p50_ms=1000 * percentile(took, 0.5), p95_ms=1000 * percentile(took, 0.95))


main()
