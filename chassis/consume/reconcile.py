"""After a restore: a person accepts that facts which were applied are no longer in the log.

What another service did because of them stays done; its read models are rebuilt afterwards, from a topic that was
refilled by `topics republish`.
"""

from dataclasses import dataclass

from chassis.consume import parked, stops, watermark
from chassis.consume.broker import Partition
from contracts.refusals import NotFound
from contracts.sql import Cursor

SET_BACK = """
update public.watermark set epoch = %s, position = %s, kafka_offset = 0, moved_at = clock_timestamp()
where consumer = %s and topic = %s and partition = %s
"""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The positions `lost_from` to `lost_to` of the earlier epoch had been applied; the consumer goes on in `epoch`."""

    consumer: str
    topic: str
    partition: int
    epoch: int
    lost_from: int
    lost_to: int


def reconcile(cursor: Cursor, consumer: str, *, actor: str, reason: str) -> list[Reconciled]:
    """For every partition of the consumer that stopped before lost facts; it goes on by itself within seconds.

    Raises NotFound when none did.
    """
    found = [stop for stop in stops.listed(cursor, consumer) if stop.reason == "lost-facts"]
    if not found:
        raise NotFound("no partition of {consumer} has stopped before lost facts", consumer=consumer)
    return [_accept(cursor, stop, actor, reason) for stop in found]


def _accept(cursor: Cursor, stop: stops.StoppedPartition, actor: str, reason: str) -> Reconciled:
    partition = Partition(stop.topic, stop.partition)
    mark = watermark.lock(cursor, stop.consumer, [partition])[partition]
    cursor.execute(SET_BACK, (stop.epoch, stop.prev, stop.consumer, *partition))
    stops.remove(cursor, stop.consumer, [partition])
    done = Reconciled(stop.consumer, *partition, stop.epoch, stop.prev + 1, mark.position)
    detail = {"topic": stop.topic, "partition": stop.partition, "from_epoch": mark.epoch, "to_epoch": stop.epoch}
    detail |= {"lost_from": done.lost_from, "lost_to": done.lost_to}
    parked.record_act(cursor, actor, "reconcile", stop.consumer, reason, detail)
    return done
