"""The relay over the whole log, from an absent cursor to its end: read, made into headers, sent, confirmed.

Connecting is counted, here and at the peer, and here the look at what the topic holds already.
"""

import time

from benchmarks.ours.kafka import settings
from benchmarks.task import found, task
from chassis.postgres.pool import Pool
from chassis.process import garbage
from chassis.relay.relay import Relay


def main() -> None:
    asked = task()
    garbage.look_less_often()  # as every process of a service does at its start
    pool = Pool(asked["dsn"], size=2)
    relay = Relay(pool, asked["service"], settings(asked))
    count = 0
    begin = time.perf_counter()
    while count < asked["events"]:
        count += relay.run_once()
    seconds = time.perf_counter() - begin
    relay.close()
    pool.close()
    found(count=count, seconds=seconds)


main()
