"""eventsourcing 9.5 on PostgreSQL as its documentation shows it: load the aggregate, trigger an event, save."""

import os
import random
import time
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.task import found, percentile, task

STREAM_LENGTH = 10
AT_ONCE = 500


class Entry(Aggregate):
    @event("Written")
    def __init__(self, number: str, holder: str, address: str, area: str, seats: int, opened_on: str):
        self.number, self.holder, self.address, self.area = number, holder, address, area
        self.seats, self.opened_on = seats, opened_on

    @event("WrittenAgain")
    def write(self, number: str, holder: str, address: str, area: str, seats: int, opened_on: str):
        self.seats = seats


class Ledger(Application):
    pass


def main():
    asked = task()
    place = urlsplit(asked["dsn"])
    os.environ |= {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": place.path.lstrip("/"),
        "POSTGRES_HOST": place.hostname,
        "POSTGRES_PORT": str(place.port),
        "POSTGRES_USER": place.username,
        "POSTGRES_PASSWORD": place.password,
    }
    application = Ledger()
    if asked.get("fill"):
        found(ids=[str(one) for one in fill(application, asked)])
        return
    ids = [UUID(one) for one in asked["ids"]]
    chance = random.Random(asked["round"])
    took = []
    begin = now = time.perf_counter()
    while now - begin < asked["seconds"]:
        entry = application.repository.get(chance.choice(ids))
        entry.write(**asked["fields"])
        application.save(entry)
        now, before = time.perf_counter(), now
        took.append(now - before)
    found(count=len(took), seconds=now - begin, p95_ms=1000 * percentile(took, 0.95))


def fill(application, asked):
    """As many events as our store holds, in streams as long; answers some of the aggregates."""
    ids = []
    for first in range(0, asked["streams"], AT_ONCE):
        entries = []
        for _ in range(min(AT_ONCE, asked["streams"] - first)):
            entry = Entry(**asked["fields"])
            for _ in range(STREAM_LENGTH - 1):
                entry.write(**asked["fields"])
            entries.append(entry)
        application.save(*entries)
        ids += [entry.id for entry in entries]
    return ids[: asked["kept"]]


main()
