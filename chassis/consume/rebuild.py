"""A read model made anew beside the live one: the same code under the next version, from the beginning of its topics.

To swap: lock the live version's watermarks, let the new one reach exactly these, compare, replace the views, retire
the old, in one transaction. Readers see the old rows, then the new ones, never none and never both.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from psycopg2 import errors

from chassis.consume import parked, views, watermark
from chassis.consume.broker import Broker, Partition
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.loop import ConsumerLoop
from chassis.consume.transactions import Switch, Within
from chassis.postgres.pool import Pool
from contracts import catalogue
from contracts.catalogue import TypeKey
from contracts.envelope import Event
from contracts.refusals import NotFound, Refusal
from contracts.sql import Cursor

NO_MOVE_LIMIT_S = 75.0
"""Longer than the loop waits before it reads a partition from its beginning."""
SWAP_LIMIT_S = 20.0
LOOK_EVERY_S = 0.01
NEAR = 2_000
"""Positions between the live version and the new one at which the swap is tried."""

LIVE_PLACES = "select topic, partition from public.watermark where consumer = %s"
NEWLY_PARKED = """
select count(*) from public.parked n where n.consumer = %s and n.state in ('parked', 'retry') and n.first_cause
    and not exists (select 1 from public.parked l where l.consumer = %s and l.stream = n.stream
                    and l.state in ('parked', 'retry'))
"""


class NotRebuilt(
    Refusal, code="not-rebuilt", status=409, title="The read model was not rebuilt; the live one is as it was"
): ...


@dataclass(frozen=True, slots=True)
class Compared:
    """One table in both versions. `differing` counts rows that only one of them has; None: the columns differ."""

    table: str
    live_rows: int | None
    """None: the live version has no such table."""
    new_rows: int
    differing: int | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: the versions, each table compared, and how long it took."""

    consumer: str
    old_version: int
    new_version: int
    tables: tuple[Compared, ...]
    seconds: float


class Rebuild:
    """`run()` once. `owner` is the owner's pool (three connections); `broker` has no group and reads all partitions.

    `tell` hears, in plain words, how far it is.
    """

    def __init__(
        self,
        consumer: Consumer,
        owner: Pool,
        broker: Broker,
        serving: str,
        *,
        events: Callable[[], Mapping[TypeKey, type[Event]]] = catalogue.events,
        tell: Callable[[str], object] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises NotFound when the consumer has no read models."""
        if not isinstance(consumer.member, Projections):
            raise NotFound("{consumer} has no read models that could be rebuilt", consumer=consumer.name)
        self._consumer, self._owner, self._broker, self._serving = consumer, owner, broker, serving
        self._events, self._tell, self._clock = events, tell, clock

    def run(self, *, actor: str, reason: str) -> Rebuilt:
        """Raises NotRebuilt, Unavailable, psycopg2.Error; the live version goes on as if nothing had been tried."""
        with self._owner.statements() as guard:
            guard.execute("select pg_try_advisory_lock(hashtext(%s))", (f"rebuild {self._consumer.name}",))
            if guard.fetchone() != (True,):
                raise NotRebuilt("{consumer} is being rebuilt by somebody else", consumer=self._consumer.name)
            try:
                return self._run(actor, reason)
            finally:
                guard.execute("select pg_advisory_unlock(hashtext(%s))", (f"rebuild {self._consumer.name}",))

    def _run(self, actor: str, reason: str) -> Rebuilt:
        started = self._clock()
        with self._owner.transaction() as cursor:
            old = views.live(cursor, self._consumer.name)
            views.create(cursor, self._serving, self._consumer, old.version + 1)
        source = Switch(self._owner)
        loop = ConsumerLoop(
            self._consumer, source, self._broker, version=old.version + 1, events=self._events, clock=self._clock
        )
        try:
            self._catch_up(loop, views.physical(self._consumer.name, old.version))
            with self._owner.transaction() as cursor:
                source.source = Within(cursor)
                compared = self._swap(cursor, loop, old)
                detail = {"from": old.version, "to": old.version + 1}
                parked.record_act(cursor, actor, "rebuild", self._consumer.name, reason, detail)
        except BaseException:
            self._clean_up(old.version + 1)
            raise
        finally:
            loop.close()
        return Rebuilt(self._consumer.name, old.version, old.version + 1, compared, self._clock() - started)

    def _catch_up(self, loop: ConsumerLoop, live: str) -> None:
        """Follows the live version, which goes on meanwhile, until it is near."""
        while True:
            with self._owner.transaction(read_only=True) as cursor:
                goal = self._goal(cursor, live)
            behind = sum(goal.values()) - sum(loop.positions().get(partition, 0) for partition in goal)
            self._tell(f"{behind} positions behind the live version")
            if behind <= NEAR and (loop.positions() or not goal):
                return
            self._reach(loop, goal, NO_MOVE_LIMIT_S)

    def _swap(self, cursor: Cursor, loop: ConsumerLoop, old: views.Live) -> tuple[Compared, ...]:
        rows, new = views.physical(old.consumer, old.version), views.physical(old.consumer, old.version + 1)
        cursor.execute(
            "select 1 from public.watermark where consumer = %s order by topic, partition for update", (rows,)
        )
        self._reach(loop, self._goal(cursor, rows), SWAP_LIMIT_S)
        cursor.execute(NEWLY_PARKED, (new, rows))
        if cursor.fetchone() != (0,):
            raise NotRebuilt("the new version parked messages that the live one could deal with: look at its code")
        member = self._consumer.member
        assert isinstance(member, Projections)
        compared = tuple(_compare(cursor, table, old) for table in member.tables)
        self._keep_readers_out(cursor, old.tables)
        for table in set(old.tables) - set(member.tables):
            cursor.execute(f'drop view if exists read."{table}"')
        views.go_live(cursor, self._serving, self._consumer, old.version + 1)
        views.drop(cursor, old.consumer, old.version, old.tables)
        return compared

    def _keep_readers_out(self, cursor: Cursor, tables: Collection[str]) -> None:
        """For the moment of the swap: from all tables at once, or else from none, without waiting: no deadlocks."""
        names = ", ".join(f'read."{table}"' for table in sorted(tables))
        deadline = self._clock() + SWAP_LIMIT_S
        while names:
            cursor.execute("savepoint readers")
            try:
                cursor.execute(f"lock table {names} in access exclusive mode nowait")
                return
            except errors.LockNotAvailable:
                cursor.execute("rollback to savepoint readers")
            if self._clock() > deadline:
                raise NotRebuilt("readers did not leave the tables for {seconds:g} s", seconds=SWAP_LIMIT_S)
            time.sleep(LOOK_EVERY_S)

    def _goal(self, cursor: Cursor, live: str) -> dict[Partition, int]:
        """Where the live version stands."""
        cursor.execute(LIVE_PLACES, (live,))
        places = [Partition(*row) for row in cursor.fetchall()]
        return {partition: mark.position for partition, mark in watermark.read(cursor, live, places).items()}

    def _reach(self, loop: ConsumerLoop, goal: Mapping[Partition, int], limit_s: float) -> None:
        loop.hold_at(goal)
        moved_at, before = self._clock(), -1
        while True:
            positions = loop.positions()
            if not _missing(positions, goal):
                return
            if stopped := loop.stopped():
                raise NotRebuilt("the new version stopped: {why}", why=next(iter(stopped.values())))
            now = self._clock()
            if sum(positions.values()) != before:
                moved_at, before = now, sum(positions.values())
            if now - moved_at > limit_s:
                raise NotRebuilt(
                    "the new version did not move for {seconds:g} s: {missing}",
                    seconds=limit_s,
                    missing=_missing(positions, goal),
                )
            loop.run_once()

    def _clean_up(self, version: int) -> None:
        member = self._consumer.member
        assert isinstance(member, Projections)
        with self._owner.transaction() as cursor:
            views.drop(cursor, self._consumer.name, version, member.tables)


def _compare(cursor: Cursor, table: str, old: views.Live) -> Compared:
    before, after = (f'{views.schema(version)}."{table}"' for version in (old.version, old.version + 1))
    new_rows = _count(cursor, after)
    if table not in old.tables:
        return Compared(table, None, new_rows, None)
    if _columns(cursor, before) != _columns(cursor, after):
        return Compared(table, _count(cursor, before), new_rows, None)
    cursor.execute(
        f"select count(*) from ((select b::text from {before} b except select a::text from {after} a) union all "
        f"(select a::text from {after} a except select b::text from {before} b)) d"
    )
    row = cursor.fetchone()
    return Compared(table, _count(cursor, before), new_rows, row[0] if row else None)


def _count(cursor: Cursor, table: str) -> int:
    cursor.execute(f"select count(*) from {table}")
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _columns(cursor: Cursor, table: str) -> list[tuple[str, str]]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (table,),
    )
    return [(name, kind) for name, kind in cursor.fetchall()]


def _missing(positions: Mapping[Partition, int], goal: Mapping[Partition, int]) -> Collection[str]:
    """Of a partition from which the live version dealt with nothing nothing is needed: it may not exist any more."""
    return [
        f"{partition.topic} partition {partition.partition} is at {positions.get(partition)}, live at {place}"
        for partition, place in goal.items()
        if positions.get(partition, 0) != place
    ][:3]
