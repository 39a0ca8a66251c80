"""One consumer loop with one read model, from the first record at hand to the last commit.

Watermark, duplicate and hole check, `seen` and the read model move in one transaction a poll.
"""

import time
from typing import Any

from benchmarks.ledger.bootstrap import views
from benchmarks.ledger.domain import events
from benchmarks.ours.kafka import settings
from benchmarks.task import found, task
from chassis.consume.broker import Polled
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.loop import ConsumerLoop
from chassis.postgres.pool import Pool
from chassis.process import garbage


class Timed(KafkaBroker):
    """Notes when the first records came."""

    began = 0.0

    def poll(self, timeout_s: float, max_records: int) -> Polled:
        polled = super().poll(timeout_s, max_records)
        if polled.records and not self.began:
            self.began = time.perf_counter()
        return polled


def main() -> None:
    asked: dict[str, Any] = task()
    garbage.look_less_often()  # as every process of a service does at its start
    pool = Pool(asked["dsn"], size=2)
    consumer = views()
    broker = Timed(settings(asked), consumer.name, consumer.topics)
    loop = ConsumerLoop(consumer, pool, broker, events=events)
    count = 0
    while count < asked["events"]:
        count += loop.run_once()
    seconds = time.perf_counter() - broker.began
    loop.close()
    pool.close()
    found(count=count, seconds=seconds)


main()
