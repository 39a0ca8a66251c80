"""Messages on an event topic that nobody can read: parked by their key with a reason, while all others flow."""

from collections.abc import Iterator

import pytest

from chassis.consume.failures import CONSECUTIVE_LIMIT
from chassis.kafka.clients import KafkaError
from contracts.envelope import to_headers
from tests.faults.doses import dose
from tests.faults.messages.bench import Bench, Fact

POISON = {
    "not JSON": b"{",
    "not an object": b"[]",
    "wrong schema": b'{"agent_id": "x", "provider_id": 7}',
    "NaN": b'{"agent_id": NaN}',
    "deep nesting": b'{"number": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "invalid UTF-8": b'{"number": "\xff\xfe"}',
    "nothing": None,
}
FOREIGN = {
    "no headers": [],
    "no position": [("ce_type", b"registry.agent-registered"), ("ce_logepoch", b"1"), ("ce_prev", b"0")],
    "a position that is no number": [("ce_sequence", b"first"), ("ce_logepoch", b"1"), ("ce_prev", b"0")],
}
PARTITION = 5


def second_of_each_stream(facts: list[Fact]) -> Iterator[Fact]:
    return (fact for fact in facts if fact[1].stream_version == 2)


@pytest.mark.fault("F34")
def test_poison_is_parked_by_its_key_with_a_reason_and_all_others_flow(bench: Bench) -> None:
    kinds = list(POISON.values())
    poisoned = {str(one) for one in bench.agents(len(kinds))}
    facts = bench.new_facts()
    year_10000 = bench.agents(1)
    late = bench.new_facts()
    bench.agents(dose("F34", "others"))
    well = bench.new_facts()
    spoilt = {
        envelope.position: value for (_, envelope), value in zip(second_of_each_stream(facts), kinds, strict=True)
    }
    (far,) = (envelope for _, envelope in second_of_each_stream(late))
    spoilt[far.position] = far.data.replace(b'"2026-01-05"', b'"10000-01-05"')
    assert spoilt[far.position] != far.data
    bench.send([*facts, *late, *well], spoilt)
    loop = bench.loop()
    bench.run_to_the_end(loop)
    assert loop.stopped() == {}
    waiting = bench.set_aside()
    assert {one.stream for one in waiting} == poisoned | {str(one) for one in year_10000}
    first = {one.stream: one for one in waiting if one.first_cause}
    assert {(one.stream_version, one.reason) for one in first.values()} == {(2, "invalid")}
    assert all(one.detail for one in first.values())
    bench.checker(relayed=False).check(waiting=True)
    for one in first.values():
        bench.discard(one.no)
    for one in waiting:
        if one.stream_version == 3:
            bench.retry(one.no)
    bench.run(loop, lambda: not bench.set_aside(), "what waited behind the poison is replayed")
    bench.checker(relayed=False).check()


@pytest.mark.fault("F34")
def test_what_stands_in_no_log_is_kept_once_and_holds_nothing_back(bench: Bench) -> None:
    for headers in FOREIGN.values():
        bench.send_raw(PARTITION, b"{", headers)
    bench.agents(3, partition=PARTITION)
    bench.send(bench.new_facts())
    for _ in range(2):  # a restart meets it again
        bench.run_to_the_end(bench.loop())
        assert [(one.reason, one.first_cause) for one in bench.set_aside()] == [("malformed", True)] * len(FOREIGN)
    bench.checker(relayed=False).check(waiting=True)


@pytest.mark.fault("F34")
def test_ten_in_a_row_stop_the_partition_and_a_restart_goes_on_where_it_stopped(bench: Bench) -> None:
    poisoned = bench.agents(CONSECUTIVE_LIMIT + 2, partition=PARTITION)
    facts = [fact for fact in bench.new_facts() if fact[1].stream_version == 1]
    spoilt = {envelope.position: b"{" for _, envelope in facts}
    bench.agents(2, partition=(PARTITION + 1) % 12)
    well = bench.new_facts()
    # the log of the partition as if each of these agents had but one event
    chained, prev = [], 0
    for partition, envelope in facts:
        headers = [
            (name, b"%d" % (prev or envelope.prev) if name == "ce_prev" else value)
            for name, value in to_headers(envelope)
        ]
        chained.append((partition, spoilt[envelope.position], headers, str(envelope.stream_id).encode()))
        prev = envelope.position
    for message in chained:
        bench.send_raw(*message)
    bench.send(well)
    loop = bench.loop()
    bench.run(loop, loop.stopped, "the partition stops")
    assert [partition.partition for partition in loop.stopped()] == [PARTITION]
    assert len(bench.set_aside()) == CONSECUTIVE_LIMIT - 1
    again = bench.loop()
    bench.run(again, lambda: len(bench.set_aside()) == len(poisoned), "a person looked and started it again")
    assert again.stopped() == {}


@pytest.mark.fault("F34")
def test_ten_megabytes_do_not_get_as_far_as_the_broker(bench: Bench) -> None:
    with pytest.raises(KafkaError, match="MessageSizeTooLarge"):
        bench.send_raw(PARTITION, b"x" * 10 * 1024 * 1024)
