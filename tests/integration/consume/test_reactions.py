"""Events in, commands out: once, in the same transaction as the watermark."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import pytest

from chassis.consume.consumer import Consumer
from chassis.consume.reactions import Reactions
from contracts.envelope import Received
from tests.conformance.counter.domain import Count, Counted
from tests.integration.consume.rig import TOPIC, Rig

TWIN = UUID("11111111-2222-5333-8444-555555555555")


def twin_of(counter: UUID) -> UUID:
    return uuid5(TWIN, str(counter))


def mirror(received: Received, context: Any) -> Iterable[Count]:
    """Every count below a hundred is counted ten times over, on a twin."""
    event = received.event
    assert isinstance(event, Counted)
    if event.by < 100:
        assert context.today is not None
        yield Count(counter_id=twin_of(event.counter_id), by=event.by * 10)
        yield Count(counter_id=twin_of(event.counter_id), by=event.by * 1000)


def mirrors(rig: Rig) -> Consumer:
    return Consumer("counter.mirror", (TOPIC,), Reactions({Counted: mirror}, rig.commands))


def versions(rig: Rig, counter: UUID) -> int:
    found = rig.rows("select version from stream where stream_id = %s", counter)
    return found[0][0] if found else 0


def test_each_command_of_a_reaction_is_executed(rig: Rig):
    counter = rig.count(by=2)
    rig.publish()
    rig.settle(rig.loop(mirrors(rig)))
    assert rig.rows("select (data->>'by')::int from event where stream_id = %s order by version", twin_of(counter)) == [
        (20,),
        (2000,),
    ]


def test_what_a_reaction_does_goes_on_with_the_story(rig: Rig):
    counter = rig.count(by=2)
    rig.publish()
    rig.settle(rig.loop(mirrors(rig)))
    [(event_id, correlation)] = rig.rows(
        "select event_id, metadata->>'correlation_id' from event where stream_id = %s", counter
    )
    assert set(
        rig.rows(
            "select metadata->>'actor', metadata->>'causation_id', metadata->>'correlation_id' from event "
            "where stream_id = %s",
            twin_of(counter),
        )
    ) == {("service:counter", str(event_id), correlation)}


@pytest.mark.fault("F32")
def test_a_reaction_to_a_message_met_again_changes_nothing(rig: Rig):
    counter = rig.count(by=2)
    found = rig.sequence()
    rig.send([*found, *found])
    loop = rig.loop(mirrors(rig))
    rig.settle(loop)
    rig.rows("update watermark set position = 0, kafka_offset = 0 where consumer = 'counter.mirror' returning 1")
    loop.close()
    rig.settle(rig.loop(mirrors(rig)))
    assert versions(rig, twin_of(counter)) == 2


def test_a_refused_command_parks_the_event_and_undoes_the_whole_reaction(rig: Rig):
    counter, other = rig.count(by=99), rig.count(by=1)
    for _ in range(11):
        rig.count(counter, by=99)
    rig.publish()
    rig.settle(rig.loop(mirrors(rig)))
    parked = rig.rows("select stream_version, reason, detail, first_cause from parked order by no")
    assert parked[0][:2] == (11, "refused")
    assert parked[0][2].startswith("counter-is-full")
    assert [line[3] for line in parked] == [True, False]
    assert versions(rig, twin_of(counter)) == 20
    assert versions(rig, twin_of(other)) == 2


def test_a_step_ends_after_a_hundred_messages_that_each_take_a_transaction(rig: Rig):
    """Whoever ends the process, or takes the partition over, waits for the step."""
    for _ in range(150):
        rig.count(by=100)
    rig.publish()
    loop = rig.loop(mirrors(rig))
    met = [loop.run_once(0) for _ in range(4)]
    assert (max(met), sum(met)) == (100, 150)
