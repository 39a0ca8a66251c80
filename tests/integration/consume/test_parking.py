"""What fails for good is set aside with its reason, its stream waits behind it, and everything else flows."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg2 import OperationalError

from chassis.consume import parked, stops
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.failures import CONSECUTIVE_LIMIT, WINDOW_LIMIT
from chassis.kafka.partition import partition_of
from contracts.envelope import to_headers
from contracts.refusals import NotFound
from tests.integration.consume.rig import TOPIC, Failing, Rig, failing_on


def breaking(fails: Any) -> Consumer:
    return Consumer("counter.views", (TOPIC,), Projections([Failing(fails)]))


def waiting(rig: Rig, **more: Any) -> list[parked.Parked]:
    with rig.pool.transaction() as cursor:
        return parked.listed(cursor, "counter.views", **more)


def retry(rig: Rig, no: int) -> int:
    with rig.pool.transaction() as cursor:
        return parked.retry(cursor, no, actor="officer", reason="the cause is mended")


def discard(rig: Rig, no: int) -> None:
    with rig.pool.transaction() as cursor:
        parked.discard(cursor, no, actor="officer", reason="it was a test")


@pytest.fixture
def stuck(rig: Rig) -> UUID:
    """A counter whose second event cannot be dealt with; two more came after it."""
    counter = rig.count(by=1)
    for by in (13, 2, 3):
        rig.count(counter, by=by)
    return counter


@pytest.mark.fault("F34", "F35")
def test_one_bad_message_holds_back_its_stream_and_nothing_else(rig: Rig, stuck: UUID):
    others = [rig.count(by=5) for _ in range(20)]
    rig.publish()
    rig.settle(rig.loop(breaking(failing_on(13))))
    assert rig.total(stuck) == (1, 1)
    assert [rig.total(other) for other in others] == [(5, 1)] * 20
    assert [(p.stream_version, p.first_cause, p.reason, p.stream) for p in waiting(rig)] == [
        (2, True, "error", str(stuck)),
        (3, False, "behind", str(stuck)),
        (4, False, "behind", str(stuck)),
    ]
    assert "cannot deal with 13" in waiting(rig)[0].detail


def test_a_message_that_comes_later_is_parked_behind_the_first(rig: Rig, stuck: UUID):
    rig.publish()
    loop = rig.loop(breaking(failing_on(13)))
    rig.settle(loop)
    rig.count(stuck, by=4)
    rig.publish()
    rig.settle(loop)
    assert [p.stream_version for p in waiting(rig)] == [2, 3, 4, 5]
    assert rig.total(stuck) == (1, 1)


def test_retry_replays_the_stream_in_order_once_the_cause_is_mended(rig: Rig, stuck: UUID):
    rig.publish()
    broken = rig.loop(breaking(failing_on(13)))
    rig.settle(broken)
    broken.close()
    loop = rig.loop()
    rig.settle(loop)
    assert rig.total(stuck) == (1, 1)
    assert retry(rig, waiting(rig)[0].no) == 3
    rig.settle(loop)
    assert rig.total(stuck) == (19, 4)
    assert waiting(rig) == []
    assert rig.rows("select version from seen where stream_id = %s", stuck) == [(4,)]
    assert rig.rows("select actor, act from consumer_act") == [("officer", "retry")]


def test_a_retry_that_fails_again_waits_again(rig: Rig, stuck: UUID):
    rig.publish()
    loop = rig.loop(breaking(failing_on(13)))
    rig.settle(loop)
    retry(rig, waiting(rig)[0].no)
    rig.settle(loop)
    assert [(p.state, p.attempts) for p in waiting(rig)] == [("parked", 2), ("parked", 1), ("parked", 1)]
    assert rig.total(stuck) == (1, 1)


def test_a_discarded_message_is_gone_for_this_consumer_and_written_down(rig: Rig, stuck: UUID):
    rig.publish()
    loop = rig.loop(breaking(failing_on(13)))
    rig.settle(loop)
    first, second, _ = waiting(rig)
    discard(rig, first.no)
    assert retry(rig, second.no) == 2
    rig.settle(loop)
    assert rig.total(stuck) == (6, 3)
    assert waiting(rig) == []
    assert [p.state for p in waiting(rig, decided=True)] == ["discarded", "replayed", "replayed"]
    assert rig.rows("select actor, act, reason from consumer_act order by no") == [
        ("officer", "discard", "it was a test"),
        ("officer", "retry", "the cause is mended"),
    ]


def test_what_was_decided_cannot_be_decided_again(rig: Rig, stuck: UUID):
    rig.publish()
    rig.settle(rig.loop(breaking(failing_on(13))))
    no = waiting(rig)[0].no
    discard(rig, no)
    with pytest.raises(parked.NotWaiting):
        discard(rig, no)
    with pytest.raises(parked.NotWaiting):
        retry(rig, no)
    with pytest.raises(NotFound):
        retry(rig, 999)


def test_the_serving_role_cannot_rewrite_what_people_did(rig: Rig, stuck: UUID):
    rig.publish()
    rig.settle(rig.loop(breaking(failing_on(13))))
    discard(rig, waiting(rig)[0].no)
    for attempt in ("delete from consumer_act", "update consumer_act set actor = 'nobody'"):
        with pytest.raises(Exception, match="permission denied"), rig.pool.transaction() as cursor:
            cursor.execute(attempt)


@pytest.mark.fault("F35")
def test_a_bad_deployment_stops_the_partition_and_parks_next_to_nothing(rig: Rig):
    counter_events = 40
    counter = uuid4()
    partition_mates = [counter]

    while len(partition_mates) < counter_events:
        made = uuid4()
        if partition_of(made) == partition_of(counter):
            partition_mates.append(made)
    for mate in partition_mates:
        rig.count(mate)
    rig.publish()
    loop = rig.loop(breaking(lambda _: True))
    rig.settle(loop)
    assert len(waiting(rig)) == CONSECUTIVE_LIMIT - 1
    assert len(loop.stopped()) == 1
    with rig.pool.transaction() as cursor:
        assert [stop.reason for stop in stops.listed(cursor, "counter.views")] == ["failing"]
    loop.close()
    mended = rig.loop()
    for parked_one in waiting(rig):
        retry(rig, parked_one.no)
    rig.settle(mended)
    assert [rig.total(mate) for mate in partition_mates] == [(1, 1)] * counter_events
    assert rig.rows("select * from stopped") == []


@pytest.mark.fault("F34")
def test_more_than_one_percent_of_a_thousand_stops_the_partition(rig: Rig):
    counter = uuid4()

    bad = [made for made in (uuid4() for _ in range(600)) if partition_of(made) == partition_of(counter)][:12]
    for victim in bad:
        rig.count(victim, by=13)
        rig.count(counter)
    rig.publish()
    loop = rig.loop(breaking(failing_on(13)))
    rig.settle(loop)
    assert len(waiting(rig)) == WINDOW_LIMIT
    assert len(loop.stopped()) == 1


@pytest.mark.fault("F14", "F16")
def test_a_broken_connection_parks_nothing_and_is_tried_again(rig: Rig):
    counter = rig.count()
    rig.publish()
    outages = iter([True, True, True])

    def away(received: Any) -> bool:
        if next(outages, False):
            raise OperationalError("the server closed the connection unexpectedly")
        return False

    loop = rig.loop(breaking(away))
    rig.settle(loop, steps=4)
    assert waiting(rig) == []
    rig.settle(loop, steps=4)
    assert rig.total(counter) == (1, 1)
    assert waiting(rig) == []


@pytest.mark.fault("F13")
def test_a_type_the_catalogue_lacks_stops_its_partition_before_it(rig: Rig):
    counter = rig.count()
    rig.publish()
    rig.count(counter, by=7)
    [(partition, envelope)] = rig.sequence()
    headers = [(name, b"counter.reset" if name == "ce_type" else value) for name, value in to_headers(envelope)]
    rig.cluster.send(TOPIC, partition, b"{}", headers=headers)
    loop = rig.loop()
    rig.settle(loop)
    assert rig.total(counter) == (1, 1)
    assert waiting(rig) == []
    assert "counter.reset version 1" in next(iter(loop.stopped().values()))
    assert [reason for (reason,) in rig.rows("select reason from stopped")] == ["unknown-type"]


POISON = {
    "not JSON": (b"{", "invalid"),
    "not UTF-8": (b'{"counter_id": "\xff"}', "invalid"),
    "another schema": (b'{"counter_id": "x", "by": "much"}', "invalid"),
    "NaN": (b'{"counter_id": "6f1d5f0e-6d0b-5b5e-9a53-2f6c1a0f7c11", "by": NaN}', "invalid"),
    "deep nesting": (b'{"by": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid"),
    "nothing": (None, "invalid"),
}


@pytest.mark.fault("F34")
@pytest.mark.parametrize("what", POISON)
def test_poison_is_parked_with_its_reason_and_others_flow(rig: Rig, what: str):
    value, reason = POISON[what]
    victim, other = rig.count(), rig.count()
    found = rig.sequence()
    for partition, envelope in found:
        poisoned = value if envelope.stream_id == victim else envelope.data
        rig.cluster.send(TOPIC, partition, poisoned, headers=to_headers(envelope))
    rig.settle(rig.loop())
    assert rig.total(other) == (1, 1)
    assert rig.total(victim) is None
    assert [(p.reason, p.stream) for p in waiting(rig)] == [(reason, str(victim))]


@pytest.mark.fault("F34", "F36")
def test_a_message_of_no_log_is_kept_once_and_moves_nothing(rig: Rig):
    counter = rig.count()
    [(partition, envelope)] = rig.sequence()
    rig.cluster.send(TOPIC, partition, b"hello", key=b"who")
    rig.send([(partition, envelope)])
    loop = rig.loop()
    rig.settle(loop)
    loop.close()
    rig.rows("update watermark set kafka_offset = 0 returning 1")
    rig.settle(rig.loop())
    assert rig.total(counter) == (1, 1)
    assert [(p.reason, p.detail) for p in waiting(rig)] == [("malformed", "header ce_logepoch is missing")]


@pytest.mark.parametrize("header", ["ce_subject", "ce_streamversion", "ce_logepoch"])
def test_a_header_without_a_value_is_missing(rig: Rig, header: str):
    rig.count()
    [(partition, envelope)] = rig.sequence()
    headers = [(name, None if name == header else value) for name, value in to_headers(envelope)]
    rig.cluster.send(TOPIC, partition, envelope.data, headers=headers)
    rig.settle(rig.loop())
    assert [p.reason for p in waiting(rig)] == ["malformed"]


@pytest.mark.parametrize("header", ["ce_id", "ce_time", "ce_meta", "ce_province"])
def test_an_event_without_a_header_is_parked_under_its_stream(rig: Rig, header: str):
    counter = rig.count()
    [(partition, envelope)] = rig.sequence()
    headers = [(name, value) for name, value in to_headers(envelope) if name != header]
    rig.cluster.send(TOPIC, partition, envelope.data, headers=headers)
    rig.settle(rig.loop())
    assert [(p.reason, p.stream, p.detail) for p in waiting(rig)] == [
        ("malformed", str(counter), f"header {header} is missing")
    ]


def test_a_parked_message_can_be_read_as_it_came(rig: Rig):
    rig.count()
    [(partition, envelope)] = rig.sequence()
    headers = [*to_headers(envelope), ("odd", bytes(range(256)))]
    rig.cluster.send(TOPIC, partition, b"\x00\xff", key=b"\xfe", headers=headers)
    rig.settle(rig.loop())
    with rig.pool.transaction() as cursor:
        shown = parked.show(cursor, waiting(rig)[0].no)
    assert (shown.record.key, shown.record.value, list(shown.record.headers)) == (b"\xfe", b"\x00\xff", headers)
