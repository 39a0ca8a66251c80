"""The one poll loop of the system, steppable: poll, deal, commit to PostgreSQL, and only then tell the bus.

Signals: what is transient pauses everything and is tried again without limit; `Stop` pauses one partition until a
person has acted; anything else crashes the process, whose supervisor starts it again.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from chassis.consume import parked, stops, views, watermark
from chassis.consume.batch import Batch, Draft, Moved, Where, replay, set_schema
from chassis.consume.broker import Broker, Partition, Record
from chassis.consume.consumer import Consumer
from chassis.consume.failures import FirstCauses, Stop, cause_of, is_transient
from chassis.consume.gauges import Gauges
from chassis.consume.order import NO_MOVE_LIMIT_S, Action, Order, Stamp
from chassis.consume.reading import headers_of
from chassis.consume.tracing import consuming
from chassis.consume.transactions import Transactions
from chassis.observe.metrics import RETRIES
from chassis.process.crash import crash_point
from contracts import catalogue
from contracts.catalogue import TypeKey
from contracts.envelope import Event

MAX_RECORDS = 1_000
"""A poll brings at most."""
MAX_RECORDS_SINGLY = 100
"""Of members that take one message a transaction: whoever stops the process or takes a partition waits for the poll."""
LOOK_EVERY_S = 5.0
"""How often topics, stopped partitions, gauges and the bus's own offsets are looked after."""
RETRY_EVERY_S = 1.0
"""How often marked messages are looked for."""
FIRST_REST_S, LONGEST_REST_S = 0.1, 5.0

Found = Mapping[Partition, Sequence[Record]]


@dataclass(slots=True)
class Stopped:
    """Why a partition stands still, and its watermark at that moment."""

    stop: Stop
    mark: watermark.Mark


class ConsumerLoop:
    """Drives one consumer. `run_once` from one thread; `close` from the same one."""

    def __init__(
        self,
        consumer: Consumer,
        pool: Transactions,
        broker: Broker,
        *,
        version: int | None = None,
        hole_after_s: float = NO_MOVE_LIMIT_S,
        events: Callable[[], Mapping[TypeKey, type[Event]]] = catalogue.events,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`events`: where the models of the catalogue are looked up. `clock`: seconds, never goes back. `version`: of
        the read models, if it is not the live one. `hole_after_s`: how long what is missing may stay away.
        """
        self.consumer = consumer
        self.name = consumer.name
        self._pool = pool
        self._broker = broker
        self._member = consumer.member
        self._reader = consumer.member.reader(events())
        self._max_records = MAX_RECORDS if consumer.member.batched else MAX_RECORDS_SINGLY
        self._clock = clock
        self._gauges = Gauges(consumer.name)
        self._log = structlog.get_logger("chassis.consume").bind(consumer=consumer.name)
        self._version = version
        self._hole_after_s = hole_after_s
        self._where: Where | None = None
        self._until: Mapping[Partition, int] = {}
        self._full: set[Partition] = set()
        self._alarmed: set[Partition] = set()
        self._pending: set[Partition] = set()
        self._orders: dict[Partition, Order] = {}
        self._limits: dict[Partition, FirstCauses] = {}
        self._topic_ids: dict[str, str] = {}
        self._stopped: dict[Partition, Stopped] = {}
        self._rest_until = 0.0
        self._rest_s = 0.0
        self._look_at = 0.0
        self._retry_at = 0.0

    def run_once(self, timeout_s: float = 0.1) -> int:
        """Waits up to `timeout_s` seconds for messages; answers how many were dealt with, skipped ones included."""
        try:
            polled = self._broker.poll(timeout_s, self._max_records)
            if polled.assigned or polled.revoked:
                self._gauges.rebalanced()
            self._forget(polled.revoked)
            self._pending |= polled.assigned
            if self._clock() < self._rest_until:
                return 0
            if self._rest_until:
                self._wake()
            ready = {name: found for name, found in polled.records.items() if self._is_ready(name)}
            try:
                self._claim_pending()
                met = self._deal(ready)
                self._look_behind()
                self._look_after()
            except BaseException:
                self._seek_back(ready)
                raise
        except Exception as error:
            if not is_transient(error):
                raise
            self._rest(error)
            return 0
        self._rest_s = 0.0
        return met

    def close(self) -> None:
        """Leaves the group; what is not committed is met again."""
        self._broker.close()

    def hold_at(self, until: Mapping[Partition, int]) -> None:
        """Deals with nothing beyond these positions until told otherwise."""
        self._until = until
        full, self._full = self._full, set()
        self._broker.resume(full)

    def positions(self) -> dict[Partition, int]:
        """How far each partition that is ours has been dealt with."""
        return {partition: order.position for partition, order in self._orders.items()}

    def stopped(self) -> dict[Partition, str]:
        """Partitions that wait for a person, and why."""
        return {partition: found.stop.detail for partition, found in self._stopped.items()}

    def _is_ready(self, partition: Partition) -> bool:
        return partition in self._orders and partition not in self._pending and partition not in self._stopped

    # assignment

    def _forget(self, partitions: Collection[Partition]) -> None:
        for partition in partitions:
            self._pending.discard(partition)
            self._full.discard(partition)
            self._orders.pop(partition, None)
            if self._stopped.pop(partition, None) is not None:
                self._gauges.goes_on(partition)

    def _claim_pending(self) -> None:
        if not self._pending:
            return
        for topic in {partition.topic for partition in self._pending}:
            topic_id = self._broker.topic_id(topic)
            if topic_id is None:
                self._topic_ids.pop(topic, None)
            else:
                self._topic_ids[topic] = topic_id
        wanted = {name: self._topic_ids[name.topic] for name in self._pending if name.topic in self._topic_ids}
        if not wanted:
            return
        with self._pool.transaction() as cursor:
            self._where = views.where(cursor, self.consumer, self._version)
            marks = watermark.claim(cursor, self._where.rows, wanted, self._reader.offset_counts)
            stops.remove(cursor, self._where.rows, wanted)
        for partition, mark in marks.items():
            self._start(partition, mark)
        self._pending -= wanted.keys()

    def _start(self, partition: Partition, mark: watermark.Mark) -> None:
        self._orders[partition] = Order(
            mark.epoch, mark.position, mark.kafka_offset, still_since=self._clock(), pass_position=mark.position
        )
        self._limits.setdefault(partition, FirstCauses())
        self._broker.seek(partition, mark.kafka_offset)

    def _seek_back(self, partitions: Collection[Partition]) -> None:
        """What was polled and not committed is polled again."""
        for partition in partitions:
            order = self._orders.get(partition)
            if order is not None and partition not in self._pending:
                self._broker.seek(partition, order.next_offset)

    # dealing

    def _deal(self, records: Found) -> int:
        met = 0
        try:
            for chunk in self._chunks(records):
                chunk = {name: part for name, part in chunk.items() if self._is_ready(name)}
                if chunk:
                    self._commit(chunk)
                    met += sum(map(len, chunk.values()))
        except Moved:
            self._pending |= set(records)
        return met

    def _chunks(self, records: Found) -> Collection[Found]:
        """All at once, or for members that take one message a transaction: up to and with the next one wanted."""
        if self._member.batched:
            return [records] if records else []
        chunks: list[Found] = []
        for partition, found in records.items():
            begin = 0
            for index, record in enumerate(found, 1):
                if index == len(found) or self._reader.is_wanted(headers_of(record)):
                    chunks.append({partition: found[begin:index]})
                    begin = index
        return chunks

    def _commit(self, chunk: Found) -> None:
        started = time.perf_counter()
        with consuming(self.consumer.name, self._reader, self._member.batched, chunk):
            try:
                batch = self._transact(chunk, carefully=False)
            except Exception as error:
                if is_transient(error) or isinstance(error, Moved):
                    raise
                batch = self._transact(chunk, carefully=True)
        crash_point("consume.after-commit")
        for partition, draft in batch.drafts.items():
            self._orders[partition], self._limits[partition] = draft.order, draft.limits
            if draft.stop is not None:
                self._stop(partition, draft.stop[0])
            elif draft.is_full:
                self._full.add(partition)
                self._broker.pause([partition])
                self._broker.seek(partition, draft.order.next_offset)
        self._gauges.committed(batch, time.perf_counter() - started)
        for aside in batch.set_aside:
            if aside.first_cause:
                item = aside.item
                known = parked.told_of(item.record)
                self._log.error("a message was parked", stream=item.stream, why=aside.detail, **known)

    def _transact(self, chunk: Found, *, carefully: bool) -> Batch:
        assert self._where is not None
        drafts = {
            partition: Draft(
                self._orders[partition].copy(),
                self._limits[partition].copy(),
                self._topic_ids[partition.topic],
                self._until.get(partition),
            )
            for partition in chunk
        }
        with self._pool.transaction() as cursor:
            batch = Batch(cursor, self._member, self._reader, self._where, drafts, self._clock())
            batch.open()
            for partition, records in chunk.items():
                if carefully:
                    batch.take_carefully(partition, records)
                else:
                    batch.take(partition, records)
            batch.apply()
            batch.close()
        return batch

    # what did not go straight on

    def _stop(self, partition: Partition, stop: Stop) -> None:
        """Nothing is read of it any more until its watermark or its topic is changed, or the process starts again."""
        order = self._orders[partition]
        mark = watermark.Mark(self._topic_ids[partition.topic], order.epoch, order.position, 0)
        self._stopped[partition] = Stopped(stop, mark)
        self._broker.pause([partition])
        self._broker.seek(partition, order.next_offset)
        self._gauges.stopped(partition, stop.reason)
        self._log.error("a partition stopped", topic=partition.topic, partition=partition.partition, why=stop.detail)

    def _rest(self, error: Exception) -> None:
        if self._clock() < self._rest_until:
            return  # polling goes on meanwhile, and fails as before
        self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 or FIRST_REST_S)
        self._rest_until = self._clock() + self._rest_s
        self._broker.pause(self._running())
        RETRIES.labels(self.name, cause_of(error)).inc()
        self._log.warning("trying again", after_s=self._rest_s, why=f"{type(error).__name__}: {str(error).strip()}")

    def _wake(self) -> None:
        self._rest_until = 0.0
        self._broker.resume(self._running())

    def _running(self) -> list[Partition]:
        return [
            name for name in {*self._orders, *self._pending} if name not in self._stopped and name not in self._full
        ]

    def _look_behind(self) -> None:
        """At a partition's end with messages left: go back, go to the beginning, or call a person."""
        incomplete = [
            name for name, order in self._orders.items() if order.lowest_left is not None and self._is_ready(name)
        ]
        ends = self._broker.end_offsets(incomplete) if incomplete else {}
        for partition, end in ends.items():
            order = self._orders[partition]
            if order.next_offset < end:
                continue
            match order.at_end(self._clock(), self._hole_after_s):
                case Action.BACK | Action.BEGINNING:
                    self._broker.seek(partition, order.next_offset)
                case Action.ALARM:
                    self._log.error(
                        "a hole", topic=partition.topic, partition=partition.partition, after=order.position
                    )
        self._tell_holes({name for name, order in self._orders.items() if order.alarmed})

    def _tell_holes(self, alarmed: set[Partition]) -> None:
        if alarmed == self._alarmed or self._where is None:
            return
        over = self._alarmed - alarmed - self._stopped.keys()  # one that stopped meanwhile says so in the same row
        with self._pool.transaction() as cursor:
            stops.remove(cursor, self._where.rows, over)
            for partition in alarmed - self._alarmed:
                order = self._orders[partition]
                stop = Stop(
                    "hole", f"what follows position {order.position} never came: is the relay of its service well?"
                )
                stops.put(
                    cursor, self._where.rows, partition, stop, Stamp(order.epoch, order.highest_left, order.position)
                )
        for partition in over:
            self._gauges.goes_on(partition)
        for partition in alarmed - self._alarmed:
            self._gauges.stopped(partition, "hole")
        self._alarmed = alarmed

    def _look_after(self) -> None:
        now = self._clock()
        if now >= self._retry_at:
            self._retry_at = now + RETRY_EVERY_S
            self._replay_marked()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        self._notice_new_topics()
        self._notice_what_people_did()
        crash_point("consume.before-kafka-commit")
        self._broker.commit({name: order.stored_offset for name, order in self._orders.items()})
        crash_point("consume.after-kafka-commit")
        if self._where is not None:
            with self._pool.transaction(read_only=True) as cursor:
                waiting = parked.counts(cursor, self._where.rows)
            ends = self._broker.end_offsets(list(self._orders))
            self._gauges.looked(self._orders, ends, waiting)

    def _replay_marked(self) -> None:
        if self._where is None or not self._orders:
            return
        with self._pool.transaction(read_only=True) as cursor:
            found = parked.marked(cursor, self._where.rows, self._orders)
        for partition, stream in found:
            with self._pool.transaction() as cursor:
                set_schema(cursor, self._where)
                watermark.lock(cursor, self._where.rows, [partition])
                waiting = parked.marked(cursor, self._where.rows, [partition]).get((partition, stream), [])
                done = replay(cursor, self._member, self._reader, self._where, waiting)
            self._log.info("replayed", stream=stream, messages=done, of=len(waiting))

    def _notice_new_topics(self) -> None:
        for topic, known in self._topic_ids.items():
            found = self._broker.topic_id(topic)
            if found is not None and found != known:
                self._log.warning("the topic was made again", topic=topic)
                self._begin_again({name for name in self._orders if name.topic == topic})

    def _notice_what_people_did(self) -> None:
        if not self._stopped or self._where is None:
            return
        with self._pool.transaction(read_only=True) as cursor:
            marks = watermark.read(cursor, self._where.rows, self._stopped)
        before = {name: (found.mark.epoch, found.mark.position) for name, found in self._stopped.items()}
        self._begin_again(
            {name for name in before if name not in marks or (marks[name].epoch, marks[name].position) != before[name]}
        )

    def _begin_again(self, partitions: set[Partition]) -> None:
        self._pending |= partitions
        self._full -= partitions
        goes_on = [name for name in partitions if self._stopped.pop(name, None) is not None]
        for partition in goes_on:
            self._gauges.goes_on(partition)
        self._broker.resume(goes_on)
        if goes_on and self._where is not None:
            with self._pool.transaction() as cursor:
                stops.remove(cursor, self._where.rows, goes_on)
