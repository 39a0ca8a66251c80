"""FastStream 0.7 on confluent-kafka, asyncpg: upsert and tracking rows in one transaction, in batches or one by one.

It reads the same topic with all its headers and makes models of the same fields. The tracking rows refuse what came
before; there is no check for holes. From the first message at hand to the last commit.
"""

import asyncio
import time
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from faststream import Context
from faststream.confluent import KafkaBroker
from faststream.security import SASLScram512
from pydantic import BaseModel

from benchmarks.task import found, task

TABLES = """
drop table if exists entry, tracking;
create table entry (entry_id uuid primary key, version int not null, number text, holder text, address text,
    area text, seats int, opened_on date);
create table tracking (topic text, partition int, kafka_offset bigint not null, primary key (topic, partition));
"""
UPSERT = """
insert into entry (entry_id, version, number, holder, address, area, seats, opened_on)
select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::date[])
on conflict (entry_id) do update set version = excluded.version, number = excluded.number, holder = excluded.holder,
    address = excluded.address, area = excluded.area, seats = excluded.seats, opened_on = excluded.opened_on
where entry.version < excluded.version
"""
TRACK = """
insert into tracking (topic, partition, kafka_offset) select $1, * from unnest($2::int[], $3::bigint[])
on conflict (topic, partition) do update set kafka_offset = excluded.kafka_offset
where tracking.kafka_offset < excluded.kafka_offset
"""


class Entry(BaseModel):
    entry_id: UUID
    number: str
    holder: str
    address: str
    area: str
    seats: int
    opened_on: date


class Projection:
    """Counts what it committed, and ends when that is enough."""

    def __init__(self, pool: asyncpg.Pool, topic: str, events: int):
        self.pool, self.topic, self.events = pool, topic, events
        self.count = 0
        self.began = self.ended = 0.0
        self.done = asyncio.Event()

    async def apply(self, entries: list[Entry], messages) -> None:
        self.began = self.began or time.perf_counter()
        offsets: dict[int, int] = {}
        rows: dict[UUID, tuple] = {}
        for entry, message in zip(entries, messages, strict=True):
            offsets[message.partition()] = message.offset()
            version = int(dict(message.headers())["ce_streamversion"])
            rows[entry.entry_id] = (
                entry.entry_id, version, entry.number, entry.holder, entry.address, entry.area, entry.seats,
                entry.opened_on,
            )  # fmt: skip
        async with self.pool.acquire() as connection, connection.transaction():
            moved = await connection.execute(TRACK, self.topic, list(offsets), list(offsets.values()))
            if moved.split()[-1] != str(len(offsets)):
                raise RuntimeError("a batch came twice")
            await connection.execute(UPSERT, *map(list, zip(*rows.values(), strict=True)))
        self.count += len(entries)
        self.ended = time.perf_counter()
        if self.count >= self.events:
            self.done.set()


async def project(asked) -> None:
    pool = await asyncpg.create_pool(asked["dsn"], min_size=1, max_size=2)
    await pool.execute(TABLES)
    kafka = asked["kafka"]
    broker = KafkaBroker(
        kafka["bootstrap_servers"],
        security=SASLScram512(kafka["sasl_plain_username"], kafka["sasl_plain_password"], use_ssl=False),
        logger=None,
    )
    projection = Projection(pool, asked["topic"], asked["events"])
    options = {"group_id": f"bench-{uuid4()}", "auto_offset_reset": "earliest"}
    raw = Annotated[object, Context("message.raw_message")]

    if asked["batch"] > 1:

        @broker.subscriber(asked["topic"], batch=True, max_records=asked["batch"], **options)
        async def in_batches(entries: list[Entry], messages: raw) -> None:
            await projection.apply(entries, messages)

    else:

        @broker.subscriber(asked["topic"], **options)
        async def one_by_one(entry: Entry, message: raw) -> None:
            await projection.apply([entry], [message])

    async with broker:
        await broker.start()
        await projection.done.wait()
    await pool.close()
    found(count=projection.count, seconds=projection.ended - projection.began)


asyncio.run(project(task()))
