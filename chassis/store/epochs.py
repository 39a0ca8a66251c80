"""Raising the epoch: after a restore from a backup the log goes on under a new number.

So no (epoch, position) ever names two events.
"""

from dataclasses import dataclass

from chassis.postgres.pool import Pool
from chassis.store.sequencer import LOCK, TAKE_TURN
from contracts.sql import Cursor
from contracts.topics import EVENT_PARTITIONS

RAISE = """
insert into public.epoch (no, from_position, reason, raised_at)
select (select max(no) + 1 from public.epoch), coalesce((select max(position) from public.log), 0) + 1, %s,
       clock_timestamp()
returning no, from_position
"""
HEAD = """
select (select max(no) from public.epoch), coalesce((select max(position) from public.log), 0)
"""
CUTS = """
select e.no, p.partition, coalesce((select l.position from public.log l where l.partition = p.partition
                                    and l.position < e.from_position order by l.position desc limit 1), 0)
from public.epoch e cross join generate_series(0, %s - 1) as p (partition)
where e.no > 1 order by e.no, p.partition
"""


@dataclass(frozen=True, slots=True)
class Epoch:
    """Positions from `from_position` on are sequenced under `no`."""

    no: int
    from_position: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an earlier history ended in one partition: under `epoch` it goes on after `position`, 0 if it was empty."""

    epoch: int
    partition: int
    position: int


def raise_epoch(pool: Pool, reason: str) -> Epoch:
    """The next event is sequenced under the new epoch. Raises ValueError without a reason: it is kept for ever."""
    if not reason.strip():
        raise ValueError("an epoch is raised for a reason: say which")
    with pool.transaction() as cursor:
        cursor.execute(TAKE_TURN, (LOCK,))
        cursor.execute(RAISE, (reason.strip(),))
        row = cursor.fetchone()
        assert row is not None
        return Epoch(*row)


def head(cursor: Cursor) -> tuple[int, int]:
    """(current epoch, last position): nothing beyond it may stand on Kafka."""
    cursor.execute(HEAD)
    row = cursor.fetchone()
    assert row is not None
    return row[0], row[1]


def cuts(cursor: Cursor) -> list[Cut]:
    """For each raised epoch and each partition; empty while the log was never restored."""
    cursor.execute(CUTS, (EVENT_PARTITIONS,))
    return [Cut(*row) for row in cursor.fetchall()]
