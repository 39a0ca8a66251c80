"""One transaction of a consumer: lock the watermarks, deal with records, save how far it came.

Nothing here is kept unless the transaction commits: orders and limits are drafts, which the loop takes over afterwards.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.consume import parked, stops, watermark
from chassis.consume.broker import Partition, Record
from chassis.consume.consumer import Member, Reader
from chassis.consume.failures import FirstCauses, Stop, is_transient
from chassis.consume.order import Order, Stamp, Verdict
from chassis.consume.parked import BEHIND, SetAside
from chassis.consume.reading import Headers, Item, Unreadable, headers_of
from chassis.consume.tracing import replaying
from chassis.process.crash import crash_point
from contracts.refusals import Refusal
from contracts.sql import Cursor

NO_STAMP = Stamp(0, 0, 0)
IN_NO_LOG = "select 1 from parked where consumer = %s and topic_id = %s and partition = %s and kafka_offset = %s"


class Moved(Exception):
    """Somebody else has moved these watermarks, or taken them away: read them again."""


@dataclass(frozen=True, slots=True)
class Where:
    """Under which name a consumer keeps its rows, and in which schema the tables of its read models are."""

    consumer: str
    """The plain name: `registry.views`."""
    rows: str
    """`registry.views@2`, or the plain name."""
    schema: str | None = None


@dataclass(slots=True)
class Draft:
    """What one partition will have become."""

    order: Order
    limits: FirstCauses
    topic_id: str
    until: int | None = None
    """The position after which nothing more is dealt with for now (rebuilds)."""
    is_full: bool = False
    stop: tuple[Stop, Stamp] | None = None

    @property
    def ends(self) -> bool:
        """No further record of this partition may be looked at."""
        return self.stop is not None or self.is_full


@dataclass(slots=True)
class Batch:
    """Use in this order: `open`, then `take` or `take_carefully` for each partition, `apply`, `close`."""

    cursor: Cursor
    member: Member
    reader: Reader
    where: Where
    drafts: Mapping[Partition, Draft]
    now: float
    """Seconds of the loop's monotonic clock."""
    wanted: list[Item] = field(default_factory=list)
    dealt: list[Item] = field(default_factory=list)
    """What was wanted and has its effect."""
    set_aside: list[SetAside] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages of no readable shape, by topic and version of their schema."""
    _waiting: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Raises Moved."""
        set_schema(self.cursor, self.where)
        marks = watermark.lock(self.cursor, self.where.rows, self.drafts)
        for partition, draft in self.drafts.items():
            mark = marks.get(partition)
            if mark is None or mark.topic_id != draft.topic_id or not mark.agrees_with(draft.order):
                raise Moved(partition)
        self._waiting = parked.waiting_streams(self.cursor, self.where.rows)

    def take(self, partition: Partition, records: Collection[Record]) -> None:
        """Judges each record and gathers what is wanted; ends early where the partition must stop."""
        for record in records:
            item = self._judge(partition, record)
            if self.drafts[partition].ends:
                return
            if item is not None:
                self._done(item)
                if item.wanted is not None:
                    self.wanted.append(item)

    def apply(self) -> None:
        """The effect of everything gathered; whatever it raises, the transaction is lost."""
        if self.wanted:
            self.member.apply(self.cursor, self.where.consumer, [item.wanted for item in self.wanted])
            self.dealt += self.wanted
            self.wanted = []

    def take_carefully(self, partition: Partition, records: Collection[Record]) -> None:
        """One by one under savepoints: a message that fails for good is set aside. Raises what is transient."""
        draft = self.drafts[partition]
        for record in records:
            item = self._judge(partition, record)
            if draft.ends:
                return
            if item is None:
                continue
            failure = self._apply_one(item) if item.wanted is not None else None
            if failure is None:
                self._done(item)
            elif not self._set_aside(item, *described(failure)):
                return

    def close(self) -> None:
        """Watermarks, what was seen and what was set aside."""
        topic_ids = {partition.topic: draft.topic_id for partition, draft in self.drafts.items()}
        parked.put(self.cursor, self.where.rows, topic_ids, self.set_aside)
        orders = {partition: draft.order for partition, draft in self.drafts.items()}
        watermark.move(self.cursor, self.where.rows, orders, self.seen)
        for partition, draft in self.drafts.items():
            if draft.stop is not None:
                stops.put(self.cursor, self.where.rows, partition, *draft.stop)
        crash_point("consume.before-commit")

    def _judge(self, partition: Partition, record: Record) -> Item | None:
        """The message, if it is to be dealt with; None when it is skipped, left, parked, or stops the partition."""
        draft = self.drafts[partition]
        headers = headers_of(record)
        try:
            stamp = self.reader.stamp(record, headers)
        except Unreadable as wrong:
            self._set_aside_foreign(partition, record, wrong)
            return None
        match draft.order.judge(stamp):
            case Verdict.DEAL if draft.until is not None and stamp.position > draft.until:
                draft.is_full = True
            case Verdict.DEAL:
                return self._read(partition, record, headers, stamp)
            case Verdict.HOLE:
                draft.order.left(record.offset, stamp, self.now)
            case Verdict.LOST_FACTS:
                lost = Stop(
                    "lost-facts",
                    f"facts {stamp.prev + 1} to {draft.order.position} were applied and are not in the log of epoch "
                    f"{stamp.epoch}: docs/operations.md, A database is lost, from `phoihop reconcile` on",
                )
                draft.stop = (lost, stamp)
            case _:
                draft.order.skipped(record.offset)
                self.duplicates += 1
        return None

    def _read(self, partition: Partition, record: Record, headers: Headers, stamp: Stamp) -> Item | None:
        draft = self.drafts[partition]
        item = self.reader.read(partition, record, headers, stamp, draft.topic_id)
        if item.stream in self._waiting:
            self.set_aside.append(SetAside(item, False, BEHIND, "an earlier message of its stream waits"))
            draft.order.dealt(record.offset, stamp, self.now)
            return None
        try:
            self.reader.fill(item, headers)
        except Unreadable as wrong:
            self._reject(partition, headers)
            self._set_aside(item, wrong.reason, wrong.detail)
            return None
        except Stop as stop:
            self._reject(partition, headers)
            draft.stop = (stop, stamp)
            return None
        return item

    def _apply_one(self, item: Item) -> Exception | None:
        self.cursor.execute("savepoint message")
        try:
            self.member.apply(self.cursor, self.where.consumer, [item.wanted])
        except Exception as error:
            if is_transient(error):
                raise
            self.cursor.execute("rollback to savepoint message")
            return error
        self.cursor.execute("release savepoint message")
        self.dealt.append(item)
        return None

    def _done(self, item: Item) -> None:
        draft = self.drafts[item.partition]
        draft.order.dealt(item.record.offset, item.stamp, self.now)
        if item.wanted is not None:
            draft.limits.succeeded()
        if item.version is not None:
            self.seen[item.stream] = item.version

    def _set_aside(self, item: Item, reason: str, detail: str) -> bool:
        """False when this one is one too many: then the partition stops before it."""
        draft = self.drafts[item.partition]
        try:
            draft.limits.failed()
        except Stop as stop:
            draft.stop = (Stop(stop.reason, f"{stop.detail}. The last: {detail}"), item.stamp)
            return False
        self._waiting.add(item.stream)
        self.set_aside.append(SetAside(item, True, reason, detail))
        draft.order.dealt(item.record.offset, item.stamp, self.now)
        return True

    def _set_aside_foreign(self, partition: Partition, record: Record, wrong: Unreadable) -> None:
        """A record that stands in no log of ours: kept once for people to look at, however often it is met."""
        draft = self.drafts[partition]
        self.cursor.execute(IN_NO_LOG, (self.where.rows, draft.topic_id, partition.partition, record.offset))
        if self.cursor.fetchone() is None:
            self._reject(partition, headers_of(record))
            try:
                draft.limits.failed()
            except Stop as stop:
                draft.stop = (stop, NO_STAMP)
                return
            place = f"{draft.topic_id}/{partition.partition}/{record.offset}"
            item = Item(partition, record, NO_STAMP, place, None)
            self.set_aside.append(SetAside(item, True, wrong.reason, wrong.detail))
        draft.order.skipped(record.offset)

    def _reject(self, partition: Partition, headers: Headers) -> None:
        version = headers.get("ce_dataschema", b"").rpartition(b":")[2]
        self.rejected[partition.topic, version.decode() if version.isdigit() and len(version) < 5 else "none"] += 1


def set_schema(cursor: Cursor, where: Where) -> None:
    """Until the end of the transaction plain names mean the tables of this version."""
    if where.schema is not None:
        cursor.execute(f"set local search_path to {where.schema}, public")


def described(error: Exception) -> tuple[str, str]:
    """A short code for metrics and lists, and the text."""
    match error:
        case Unreadable() | Stop():
            return error.reason, error.detail
        case Refusal():
            return "refused", f"{error.code}: {error.detail}"
        case _:
            return "error", f"{type(error).__name__}: {str(error).strip()}"


def replay(cursor: Cursor, member: Member, reader: Reader, where: Where, waiting: Sequence[parked.Parked]) -> int:
    """Deals in order with what was parked of one stream, up to the first that fails again; answers how many went well.

    The caller holds the watermark of the partition. Raises what is transient.
    """
    for index, message in enumerate(waiting):
        headers = headers_of(message.record)
        cursor.execute("savepoint message")
        try:
            partition = Partition(message.topic, message.partition)
            item = reader.read(
                partition, message.record, headers, reader.stamp(message.record, headers), message.topic_id
            )
            reader.fill(item, headers)
            if item.wanted is not None:
                with replaying(where.consumer, headers):
                    member.apply(cursor, where.consumer, [item.wanted])
        except Exception as error:
            if is_transient(error):
                raise
            cursor.execute("rollback to savepoint message")
            parked.failed_again(cursor, message, *described(error))
            return index
        cursor.execute("release savepoint message")
        parked.replayed(cursor, message.no)
        watermark.move(cursor, where.rows, {}, {item.stream: item.version} if item.version is not None else {})
    return len(waiting)
