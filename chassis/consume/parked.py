"""Messages set aside, with their reason and in the order of their stream, until a person has decided.

A message that fails for good is a first cause; later ones of the same stream are parked behind it, so that nothing
overtakes it. `retry` only marks, the consumer's own loop replays in order; `discard` is final and written down.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.consume.broker import Partition, Record, StoredRecord
from chassis.consume.reading import Item, headers_of
from contracts.envelope import Metadata
from contracts.refusals import NotFound, Refusal
from contracts.sql import Cursor

DETAIL_LIMIT = 2000
BEHIND = "behind"

WAITING_STREAMS = """
select distinct stream from parked where consumer = %s and state in ('parked', 'retry')
"""
INSERT = """
insert into parked (consumer, topic, topic_id, partition, kafka_offset, stream, position, stream_version, type,
    first_cause, reason, detail, headers, key, value) values %s
on conflict (consumer, topic_id, partition, kafka_offset) do nothing
"""
COLUMNS = """
no, consumer, topic, partition, kafka_offset, stream, position, stream_version, type, first_cause, reason, detail,
state, attempts, parked_at, topic_id, headers::text, key, value
"""
RECORD_ACT = "insert into consumer_act (actor, act, consumer, reason, detail) values (%s, %s, %s, %s, %s)"


class NotWaiting(Refusal, code="not-waiting", status=409, title="This message does not wait for anybody"): ...


@dataclass(frozen=True, slots=True)
class Parked:
    """One row, as the command line shows it."""

    no: int
    consumer: str
    topic: str
    partition: int
    kafka_offset: int
    stream: str
    position: int | None
    stream_version: int | None
    type: str | None
    first_cause: bool
    reason: str
    detail: str
    state: str
    attempts: int
    parked_at: datetime
    topic_id: str
    record: StoredRecord


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message to be parked, and why."""

    item: Item
    first_cause: bool
    reason: str
    detail: str


def waiting_streams(cursor: Cursor, consumer: str) -> set[str]:
    """Streams whose next messages must be parked behind others."""
    cursor.execute(WAITING_STREAMS, (consumer,))
    return {stream for (stream,) in cursor.fetchall()}


def put(cursor: Cursor, consumer: str, topic_ids: dict[str, str], found: Sequence[SetAside]) -> None:
    """Sets messages aside. The same place on the same topic is kept once, whatever was decided about it."""
    cursor.execute_values(INSERT, [_row(consumer, topic_ids[aside.item.partition.topic], aside) for aside in found])


def _row(consumer: str, topic_id: str, aside: SetAside) -> tuple[Any, ...]:
    item, record = aside.item, aside.item.record
    return (
        consumer,
        item.partition.topic,
        topic_id,
        item.partition.partition,
        record.offset,
        item.stream,
        item.stamp.position,
        item.version,
        _printable(type_of(record)),
        aside.first_cause,
        aside.reason,
        _printable(aside.detail)[:DETAIL_LIMIT],
        json.dumps([[name, None if value is None else value.decode("latin-1")] for name, value in record.headers]),
        record.key,
        record.value,
    )


def type_of(record: Record) -> str:
    """What it says it is; empty when it says nothing."""
    return headers_of(record).get("ce_type", b"").decode(errors="replace")


def told_of(record: Record) -> dict[str, str]:
    """What a log line says of a message: type, id, and the ids by which its story is found, as far as it has them."""
    headers = headers_of(record)
    found = {"type": type_of(record), "event_id": headers.get("ce_id", b"").decode(errors="replace")}
    try:
        metadata = Metadata.model_validate_json(headers.get("ce_meta", b""))
    except ValueError:
        return found
    trace = {"trace_id": metadata.traceparent.split("-")[1]} if metadata.traceparent else {}
    return found | {"correlation_id": str(metadata.correlation_id)} | trace


def _printable(text: str | None) -> str:
    """PostgreSQL's text holds no U+0000 and no lone surrogates."""
    return (text or "").replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def listed(cursor: Cursor, consumer: str | None = None, *, decided: bool = False) -> list[Parked]:
    """What waits, oldest first; with `decided` also what was replayed or discarded. `consumer` without its version."""
    cursor.execute(
        f"select {COLUMNS} from parked where (%s::text is null or consumer = %s or consumer like %s || '@%%') "
        "and (%s or state in ('parked', 'retry')) order by no",
        (consumer, consumer, consumer, decided),
    )
    return list(_found(cursor.fetchall()))


def show(cursor: Cursor, no: int) -> Parked:
    """Raises NotFound."""
    cursor.execute(f"select {COLUMNS} from parked where no = %s", (no,))
    for parked in _found(cursor.fetchall()):
        return parked
    raise NotFound("no parked message has the number {no}", no=no)


def retry(cursor: Cursor, no: int, *, actor: str, reason: str) -> int:
    """Marks the message and everything of its stream that waits with it; answers how many. The loop replays them.

    Raises NotFound, NotWaiting.
    """
    found = _waiting(cursor, no)
    cursor.execute(
        "update parked set state = 'retry' where consumer = %s and stream = %s and state in ('parked', 'retry') "
        "returning no",
        (found.consumer, found.stream),
    )
    marked = [no for (no,) in cursor.fetchall()]
    record_act(cursor, actor, "retry", found.consumer, reason, {"stream": found.stream, "parked": sorted(marked)})
    return len(marked)


def discard(cursor: Cursor, no: int, *, actor: str, reason: str) -> None:
    """Gives this one message up, for this consumer, for ever; those behind it still wait for `retry`.

    Raises NotFound, NotWaiting.
    """
    found = _waiting(cursor, no)
    cursor.execute("update parked set state = 'discarded', decided_at = clock_timestamp() where no = %s", (no,))
    detail = {"parked": no, "stream": found.stream, "position": found.position, "type": found.type}
    record_act(cursor, actor, "discard", found.consumer, reason, detail)


def record_act(cursor: Cursor, actor: str, act: str, consumer: str, reason: str, detail: dict[str, Any]) -> None:
    """What a person did to a consumer, with the reason they gave; never changed afterwards."""
    cursor.execute(RECORD_ACT, (actor, act, consumer, reason, json.dumps(detail)))


def marked(cursor: Cursor, consumer: str, partitions: Iterable[Partition]) -> dict[tuple[Partition, str], list[Parked]]:
    """Everything that waits of streams marked for retry on these partitions, by stream, in order."""
    places = tuple((name.topic, name.partition) for name in partitions)
    if not places:
        return {}
    cursor.execute(
        f"select {COLUMNS} from parked where consumer = %s and state in ('parked', 'retry') "
        "and (topic, partition) in %s "
        "and stream in (select stream from parked where consumer = %s and state = 'retry') order by no",
        (consumer, places, consumer),
    )
    found: dict[tuple[Partition, str], list[Parked]] = {}
    for parked in _found(cursor.fetchall()):
        found.setdefault((Partition(parked.topic, parked.partition), parked.stream), []).append(parked)
    return found


def replayed(cursor: Cursor, no: int) -> None:
    cursor.execute("update parked set state = 'replayed', decided_at = clock_timestamp() where no = %s", (no,))


def failed_again(cursor: Cursor, parked: Parked, reason: str, detail: str) -> None:
    """It and those behind it wait for a person again."""
    cursor.execute(
        "update parked set attempts = attempts + 1, first_cause = true, reason = %s, detail = %s where no = %s",
        (reason, _printable(detail)[:DETAIL_LIMIT], parked.no),
    )
    cursor.execute(
        "update parked set state = 'parked' where consumer = %s and stream = %s and state = 'retry'",
        (parked.consumer, parked.stream),
    )


def counts(cursor: Cursor, consumer: str) -> dict[str, int]:
    """How many wait, by reason."""
    cursor.execute(
        "select reason, count(*) from parked where consumer = %s and state in ('parked', 'retry') group by reason",
        (consumer,),
    )
    return dict(cursor.fetchall())


def _waiting(cursor: Cursor, no: int) -> Parked:
    cursor.execute("select 1 from parked where no = %s for update", (no,))
    found = show(cursor, no)
    if found.state not in ("parked", "retry"):
        raise NotWaiting("message {no} was {state} already", no=no, state=found.state)
    return found


def _found(rows: Iterable[tuple[Any, ...]]) -> Iterator[Parked]:
    for *columns, headers, key, value in rows:
        pairs = [(name, None if text is None else text.encode("latin-1")) for name, text in json.loads(headers)]
        yield Parked(*[*columns, StoredRecord(columns[4], key, value, pairs)])
