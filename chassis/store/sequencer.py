"""Gives every stored event its position in the log: gapless, chained, in an order every reader can trust.

Several sequencers are harmless: each batch is one transaction under one lock. `event_no` order equals version order
within a stream, because the append that took the lower number held the stream's lock until it had committed.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from chassis.kafka.partition import partition_of
from chassis.postgres.pool import Pool
from chassis.process.crash import crash_point
from chassis.store.digest import FIRST_HASH, chain_hash, microseconds

LOCK = 0x70686F69_6C6F67  # "phoilog"
BATCH = 1_000

TAKE_TURN = "select pg_advisory_xact_lock(%s)"
ANYTHING_NEW = "select exists (select from public.unsequenced)"
LAST = """
select (select max(no) from public.epoch), clock_timestamp(), l.position, l.sequenced_at, l.hash
from (values (0)) as always left join (
    select position, sequenced_at, hash from public.log order by position desc limit 1) as l on true
"""
LAST_OF_EACH_PARTITION = """
select p.no, coalesce((select max(position) from public.log where partition = p.no), 0)
from generate_series(0, (select coalesce(max(partition), 0) from public.log)) as p (no)
"""
TAKE = """
with next as materialized (select event_no from public.unsequenced order by event_no limit %s),
taken as (delete from public.unsequenced where event_no = any(array(select event_no from next)))
select event_no, event_id, stream_id, digest from public.event
where event_no = any(array(select event_no from next)) order by event_no
"""
"""Arrays, so that both tables are read by their index whatever the planner believes about their size."""
WRITE = """
insert into public.log (epoch, position, event_no, partition, prev, sequenced_at, hash)
select %s, position, event_no, partition, prev, %s, hash from json_to_recordset(%s)
    as row (position bigint, event_no bigint, partition smallint, prev bigint, hash bytea)
"""


class LogWentBack(Exception):
    """The log ends before a position that was given and committed: another database, or an older state of this one."""


@dataclass(slots=True)
class _Heads:
    """The last position of each partition, true as long as `position` and `hash` are the log's last."""

    position: int = -1
    hash: bytes = b""
    of_partition: dict[int, int] = field(default_factory=dict)


class Sequencer:
    """`run_once()` in a loop, every 5–10 ms while it answers 0."""

    def __init__(self, pool: Pool, service: str) -> None:
        self.service = service
        self._pool = pool
        self._heads = _Heads()

    def run_once(self) -> int:
        """Sequences up to 1,000 events and returns how many; waits for another sequencer's batch to end.

        Raises psycopg2.Error and Unavailable; then nothing was done, or all of it if COMMIT was cut off: call again.
        Raises LogWentBack, once: Kafka must be held against the log before it is called again.
        """
        with self._pool.statements() as cursor:
            cursor.execute(ANYTHING_NEW)
            row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        with self._pool.transaction() as cursor:
            cursor.execute(
                TAKE_TURN, (LOCK,)
            )  # a statement of its own: the next one sees what the last holder committed
            heads, rows = self._sequence(cursor)
        crash_point("sequencer.after-commit")
        self._heads = heads
        return rows

    def _sequence(self, cursor: Any) -> tuple[_Heads, int]:
        cursor.execute(LAST)
        epoch, now, position, last_sequenced_at, previous = cursor.fetchone()
        position, previous = position or 0, previous or FIRST_HASH
        heads = self._heads
        if position < heads.position:
            self._heads = _Heads()
            raise LogWentBack(
                f"the log ends at position {position} and had {heads.position}: was the database restored? "
                "docs/operations.md, A database is lost"
            )
        if (heads.position, heads.hash) != (position, previous):
            cursor.execute(LAST_OF_EACH_PARTITION)
            heads = _Heads(position, previous, dict(cursor.fetchall()))
        of_partition = dict(heads.of_partition)
        sequenced_at: datetime = max(now, last_sequenced_at) if last_sequenced_at else now
        sequenced_us = microseconds(sequenced_at)
        crash_point("sequencer.before-delete")
        cursor.execute(TAKE, (BATCH,))
        taken = cursor.fetchall()
        crash_point("sequencer.between-delete-and-insert")
        rows = []
        for event_no, event_id, stream_id, digest in taken:
            position += 1
            partition = partition_of(stream_id)
            prev = of_partition.get(partition, 0)
            previous = chain_hash(previous, epoch, position, partition, prev, sequenced_us, event_id.bytes, digest)
            rows.append(
                {
                    "position": position,
                    "event_no": event_no,
                    "partition": partition,
                    "prev": prev,
                    "hash": f"\\x{previous.hex()}",
                }
            )
            of_partition[partition] = position
        if rows:
            cursor.execute(WRITE, (epoch, sequenced_at, to_json(rows).decode()))
        return _Heads(position, previous, of_partition), len(rows)
