"""Exactly once and in order, with real watermarks in a real database."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from chassis.consume.order import NO_MOVE_LIMIT_S
from chassis.kafka.partition import partition_of
from chassis.observe import metrics
from contracts.envelope import Envelope, to_headers
from tests.integration.consume.rig import TOPIC, Rig


def five_of_one_counter(rig: Rig) -> tuple[UUID, list[tuple[int, Envelope]]]:
    counter = uuid4()
    for _ in range(5):
        rig.count(counter)
    return counter, rig.sequence()


def pick(found: list[tuple[int, Envelope]], *numbers: int) -> list[tuple[int, Envelope]]:
    return [found[number - 1] for number in numbers]


def test_a_read_model_follows_the_log(rig: Rig):
    counters = [rig.count(by=number) for number in range(1, 30)]
    for counter in counters:
        rig.count(counter, by=100)
    rig.publish()
    loop = rig.loop()
    rig.settle(loop)
    assert [rig.total(counter) for counter in counters] == [(100 + number, 2) for number in range(1, 30)]
    assert sum(rig.rows("select sum(version) from seen where consumer = 'counter.views@1'"), ()) == (58,)


@pytest.mark.fault("F33", "F5")
def test_an_overtaken_partition_is_applied_once_and_in_order(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(pick(found, 1, 2, 4, 5, 3, 4, 5))
    loop = rig.loop()
    rig.settle(loop)
    assert rig.total(counter) == (5, 5)
    assert rig.rows("select position, kafka_offset from watermark where position > 0") == [(found[4][1].position, 7)]


def test_while_a_message_is_left_a_new_owner_starts_at_it(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(pick(found, 1, 2, 4, 5))
    rig.settle(rig.loop())
    assert rig.rows("select position, kafka_offset from watermark where position > 0") == [(found[1][1].position, 2)]
    assert rig.total(counter) == (2, 2)
    rig.cluster.groups.clear()
    rig.send(pick(found, 3))
    rig.settle(rig.loop())
    assert rig.total(counter) == (5, 5)


@pytest.mark.fault("F32", "F27")
def test_a_partition_that_is_replayed_changes_nothing(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(found)
    loop = rig.loop()
    rig.settle(loop)
    rig.send([*found, *found[::-1], *found])
    rig.settle(loop)
    assert rig.total(counter) == (5, 5)


def test_a_hole_that_stays_is_told_and_a_late_resend_mends_it(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(pick(found, 1, 2, 4, 5))
    loop = rig.loop()
    rig.settle(loop)
    rig.clock.advance(NO_MOVE_LIMIT_S)
    rig.settle(loop)
    assert rig.rows("select reason, position, prev from stopped") == [
        ("hole", found[4][1].position, found[1][1].position)
    ]
    rig.send(pick(found, 3))
    rig.settle(loop)
    assert rig.total(counter) == (5, 5)
    assert rig.rows("select reason from stopped") == []


def test_a_hole_that_closes_does_not_hide_why_the_partition_stops_now(rig: Rig):
    """The missing message and one of a type that the catalogue lacks come in one poll."""
    _, found = five_of_one_counter(rig)
    partition, fourth = found[3]

    def send_a_strange_fourth() -> None:
        headers = [(name, b"counter.reset" if name == "ce_type" else value) for name, value in to_headers(fourth)]
        rig.cluster.send(TOPIC, partition, b"{}", headers=headers)

    def shown(reason: str) -> float:
        return float(metrics.CONSUMER_STOPPED.labels("counter.views", TOPIC, str(partition), reason)._value.get())

    rig.send(pick(found, 1, 2))
    send_a_strange_fourth()
    loop = rig.loop()
    rig.settle(loop)
    rig.clock.advance(NO_MOVE_LIMIT_S)
    rig.settle(loop)
    assert (rig.rows("select reason from stopped"), shown("hole")) == ([("hole",)], 1)
    rig.send(pick(found, 3))
    send_a_strange_fourth()
    rig.settle(loop)
    assert rig.rows("select reason from stopped") == [("unknown-type",)]
    assert (shown("hole"), shown("unknown-type")) == (0, 1)


def test_a_topic_made_again_is_read_from_its_beginning_and_changes_nothing(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(found)
    loop = rig.loop()
    rig.settle(loop)
    rig.cluster.delete_topic(TOPIC)
    rig.cluster.create_topic(TOPIC, 12)
    rig.count(counter)
    rig.send([*found, *rig.sequence()])
    rig.settle(loop)
    rig.clock.advance(10)
    rig.settle(loop)
    assert rig.total(counter) == (6, 6)
    topic_id = rig.cluster.topics[TOPIC].topic_id
    assert rig.rows("select topic_id, kafka_offset from watermark where position > 0") == [(topic_id, 6)]


def test_a_topic_made_again_while_nobody_watched_is_noticed_on_assignment(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(found)
    loop = rig.loop()
    rig.settle(loop)
    loop.close()
    rig.cluster.delete_topic(TOPIC)
    rig.cluster.create_topic(TOPIC, 12)
    rig.count(counter)
    rig.send([*found, *rig.sequence()])
    rig.settle(rig.loop())
    assert rig.total(counter) == (6, 6)


@pytest.mark.fault("F27")
def test_a_topic_that_is_away_does_not_hold_back_the_others(rig: Rig):
    other = "elsewhere.events.v1"
    rig.cluster.create_topic(other, 12)
    loop = rig.loop(replace(rig.views, topics=(TOPIC, other)))
    rig.settle(loop)
    rig.cluster.delete_topic(other)
    first, found = five_of_one_counter(rig)
    rig.send(found)
    rig.clock.advance(10)
    rig.settle(loop)
    assert rig.total(first) == (5, 5)
    rig.cluster.create_topic(other, 12)
    second, found = five_of_one_counter(rig)
    rig.send(found)
    rig.clock.advance(10)
    rig.settle(loop)
    assert rig.total(second) == (5, 5)
    assert rig.rows(
        "select count(*) from watermark where topic = %s and topic_id = %s", other, rig.cluster.topics[other].topic_id
    ) == [(12,)]


@pytest.mark.fault("F6", "F28")
def test_two_owners_of_one_partition_apply_each_fact_once(rig: Rig):
    counter = uuid4()
    zombie, owner = rig.loop(), None
    for _ in range(3):
        rig.count(counter)
    rig.publish()
    rig.settle(zombie)
    rig.cluster.groups.clear()  # the zombie was thrown out and does not know it yet
    owner = rig.loop()
    for _ in range(4):
        rig.count(counter)
        rig.publish()
        rig.settle(owner, zombie, steps=2)
        rig.count(counter)
        rig.publish()
        rig.settle(zombie, owner, steps=2)
    assert rig.total(counter) == (11, 11)


@pytest.mark.fault("F28")
def test_members_that_come_and_go_apply_each_fact_once(rig: Rig):
    counters = [uuid4() for _ in range(6)]
    loops = [rig.loop()]
    for turn in range(12):
        for counter in counters:
            rig.count(counter)
        rig.publish()
        if turn % 3 == 0:
            loops.append(rig.loop())
        if turn % 4 == 3:
            loops.pop(0).close()
        rig.settle(*loops, steps=1 + turn % 2)
    rig.settle(*loops)
    assert [rig.total(counter) for counter in counters] == [(12, 12)] * 6


def test_messages_of_other_partitions_do_not_wait_for_a_hole(rig: Rig):
    counter, found = five_of_one_counter(rig)
    other = next(made for made in iter(uuid4, None) if partition_of(made) != partition_of(counter))
    rig.count(other)
    rig.send([*pick(found, 1, 3), *rig.sequence()])
    rig.settle(rig.loop())
    assert (rig.total(counter), rig.total(other)) == ((1, 1), (1, 1))


def in_epoch(found: tuple[int, Envelope], epoch: int, **more: int) -> tuple[int, Envelope]:

    return found[0], replace(found[1], epoch=epoch, **more)


@pytest.mark.fault("F21")
def test_facts_lost_by_a_restore_stop_the_partition(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(found[:4])
    loop = rig.loop()
    rig.settle(loop)
    lost, position = found[2][1], found[4][1].position
    rig.send([in_epoch(found[4], 2, prev=lost.prev, position=position)])
    rig.settle(loop)
    assert rig.total(counter) == (4, 4)
    assert [reason for (reason,) in rig.rows("select reason from stopped")] == ["lost-facts"]
    assert len(loop.stopped()) == 1


def test_a_new_epoch_that_lost_nothing_goes_straight_on(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send([*found[:3], in_epoch(found[3], 2), in_epoch(found[4], 2), in_epoch(found[4], 1)])
    rig.settle(rig.loop())
    assert rig.total(counter) == (5, 5)
    assert rig.rows("select epoch from watermark where position > 0") == [(2,)]
