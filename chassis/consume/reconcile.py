"""After a restore: a person accepts that facts which were applied are no longer in the log.

What another service did because of them stays done; its read models are rebuilt afterwards, from a topic that was
refilled by `topics republish`.

`reconcile` mends one consumer that stopped. `reconcile_all` mends every consumer of a restored log at once, before the
first new fact of each of twelve partitions stops them one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.consume import parked, stops, watermark
from chassis.consume.broker import Partition
from chassis.store.epochs import Cut
from contracts.refusals import NotFound
from contracts.sql import Cursor

SET_BACK = """
update public.watermark set epoch = %s, position = %s, kafka_offset = 0, moved_at = clock_timestamp()
where consumer = %s and topic = %s and partition = %s
"""
MARKS = """
select consumer, partition, epoch, position from public.watermark where topic = %s
order by consumer, partition for update
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


def reconcile_all(cursor: Cursor, topic: str, cuts: Iterable[Cut], *, actor: str, reason: str) -> list[Reconciled]:
    """Sets every consumer back that had applied more of `topic` than the restored log still holds.

    `cuts`: what the restored service's own database says (`chassis.store.epochs.cuts`). Empty when nobody had.
    """
    known = list(cuts)
    cursor.execute(MARKS, (topic,))
    done = []
    for consumer, partition, epoch, position in cursor.fetchall():
        later = [cut for cut in known if cut.partition == partition and cut.epoch > epoch]
        if later and (cut := min(later, key=lambda cut: (cut.position, -cut.epoch))).position < position:
            done.append(_set_back(cursor, consumer, Partition(topic, partition), (epoch, position), cut, actor, reason))
    return done


def _accept(cursor: Cursor, stop: stops.StoppedPartition, actor: str, reason: str) -> Reconciled:
    partition = Partition(stop.topic, stop.partition)
    mark = watermark.lock(cursor, stop.consumer, [partition])[partition]
    cut = Cut(stop.epoch, stop.partition, stop.prev)
    return _set_back(cursor, stop.consumer, partition, (mark.epoch, mark.position), cut, actor, reason)


def _set_back(
    cursor: Cursor, consumer: str, place: Partition, known: tuple[int, int], cut: Cut, actor: str, reason: str
) -> Reconciled:
    """`known`: the (epoch, position) that the consumer had reached."""
    cursor.execute(SET_BACK, (cut.epoch, cut.position, consumer, *place))
    stops.remove(cursor, consumer, [place])
    done = Reconciled(consumer, *place, cut.epoch, cut.position + 1, known[1])
    detail = {"topic": place.topic, "partition": place.partition, "from_epoch": known[0], "to_epoch": cut.epoch}
    detail |= {"lost_from": done.lost_from, "lost_to": done.lost_to}
    parked.record_act(cursor, actor, "reconcile", consumer, reason, detail)
    return done
