"""The order machine, case by case; the simulation beside this file drives it with random runs."""

import pytest

from chassis.consume.order import NO_MOVE_LIMIT_S, Action, Order, Stamp, Verdict

LOG = {1: Stamp(1, 1, 0), 2: Stamp(1, 2, 1), 3: Stamp(1, 3, 2), 4: Stamp(1, 4, 3), 5: Stamp(1, 5, 4)}


def fresh(position: int = 0, epoch: int = 1) -> Order:
    return Order(epoch=epoch, position=position, next_offset=0, pass_position=position)


def read(order: Order, offset: int, stamp: Stamp, now: float = 0.0) -> Verdict:
    verdict = order.judge(stamp)
    if verdict is Verdict.DEAL:
        order.dealt(offset, stamp, now)
    elif verdict is Verdict.HOLE:
        order.left(offset, stamp, now)
    else:
        order.skipped(offset)
    return verdict


def consume(order: Order, partition: list[Stamp], now: float = 0.0) -> list[int]:
    """Reads to the end and goes back as long as the machine asks for it; answers the positions dealt with."""
    dealt = []
    while True:
        while order.next_offset < len(partition):
            offset = order.next_offset
            if read(order, offset, partition[offset], now) is Verdict.DEAL:
                dealt.append(partition[offset].position)
        if order.at_end(now) not in (Action.BACK, Action.BEGINNING):
            return dealt


@pytest.mark.fault("F33")
def test_an_overtaken_partition_is_dealt_with_once_and_in_order():
    partition = [LOG[n] for n in (1, 2, 4, 5, 3, 4, 5)]
    order = fresh()
    assert consume(order, partition) == [1, 2, 3, 4, 5]
    assert (order.position, order.stored_offset) == (5, 7)


def test_what_was_left_is_met_again_even_if_it_is_never_sent_again():
    order = fresh()
    assert consume(order, [LOG[n] for n in (1, 2, 4, 5, 3)]) == [1, 2, 3, 4, 5]


def test_while_messages_are_left_the_stored_offset_stays_at_the_lowest():
    order = fresh()
    assert consume(order, [LOG[n] for n in (1, 2, 4, 5)]) == [1, 2]
    assert order.stored_offset == 2
    restarted = Order(epoch=1, position=2, next_offset=order.stored_offset, pass_position=2)
    assert consume(restarted, [LOG[n] for n in (1, 2, 4, 5, 3)]) == [3, 4, 5]


@pytest.mark.fault("F32")
def test_a_replayed_partition_changes_nothing():
    order = fresh(position=5)
    assert consume(order, [*LOG.values(), *LOG.values()]) == []
    assert order.stored_offset == 10


def test_an_older_epoch_is_skipped():
    assert fresh(position=3, epoch=2).judge(Stamp(1, 9, 8)) is Verdict.OLDER_EPOCH


def test_a_newer_epoch_goes_on_where_the_watermark_stands():
    order = fresh(position=3)
    assert read(order, 0, Stamp(2, 7, 3)) is Verdict.DEAL
    assert (order.epoch, order.position) == (2, 7)
    assert order.judge(Stamp(1, 8, 7)) is Verdict.OLDER_EPOCH


def test_a_newer_epoch_ahead_of_the_watermark_is_a_hole():
    assert fresh(position=2).judge(Stamp(2, 7, 3)) is Verdict.HOLE


def test_facts_that_a_restored_log_has_lost_are_noticed():
    assert fresh(position=5).judge(Stamp(2, 7, 3)) is Verdict.LOST_FACTS


def test_a_hole_that_stays_leads_to_one_pass_from_the_beginning_and_then_to_an_alarm():
    partition = [LOG[n] for n in (1, 2, 4, 5)]
    order = fresh()
    consume(order, partition, now=0.0)
    assert order.at_end(NO_MOVE_LIMIT_S - 1) is Action.WAIT
    assert order.at_end(NO_MOVE_LIMIT_S) is Action.BEGINNING
    assert order.next_offset == 0
    for offset, stamp in enumerate(partition):
        read(order, offset, stamp, NO_MOVE_LIMIT_S)
    assert order.at_end(NO_MOVE_LIMIT_S) is Action.ALARM
    assert order.at_end(10 * NO_MOVE_LIMIT_S) is Action.WAIT
    assert order.stored_offset == 2


def test_a_late_resend_ends_the_alarm():
    partition = [LOG[n] for n in (1, 2, 4, 5)]
    order = fresh()
    consume(order, partition)
    consume(order, partition, now=NO_MOVE_LIMIT_S)
    assert order.alarmed
    assert consume(order, [*partition, LOG[3]], now=2 * NO_MOVE_LIMIT_S) == [3, 4, 5]
    assert not order.alarmed


def test_the_pass_from_the_beginning_finds_what_a_wrong_offset_had_passed():
    partition = [LOG[n] for n in (1, 2, 3, 4, 5)]
    order = Order(epoch=1, position=2, next_offset=3, pass_position=2)
    assert consume(order, partition) == []
    assert consume(order, partition, now=NO_MOVE_LIMIT_S) == [3, 4, 5]


def test_the_minute_counts_from_the_first_message_left_not_from_the_last_quiet_hour():
    order = fresh(position=2)
    read(order, 0, LOG[5], now=3600.0)
    assert order.at_end(3600.0 + NO_MOVE_LIMIT_S - 1) is Action.WAIT


def test_a_draft_leaves_the_original_alone():
    order = fresh()
    draft = order.copy()
    read(draft, 0, LOG[1])
    assert (order.position, draft.position) == (0, 1)
