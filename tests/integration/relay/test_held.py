"""F31: an event that the topic refuses as too large: its partition waits, the others go on, and nothing is lost."""

from collections.abc import Iterator
from contextlib import closing, suppress
from uuid import UUID, uuid4

import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaError
from chassis.kafka.partition import partition_of
from chassis.observe.metrics import RELAY_HELD_PARTITIONS
from chassis.relay import held, lag, reading
from chassis.relay.relay import Relay
from chassis.relay.republish import republish
from chassis.store.decision import Change, Decision
from tests.integration.relay.bus import Bus, check_topic_is_the_log, relay_everything
from tests.integration.store.counting import Counted, Store
from tests.support.waiting import wait_until

from kafka.admin import ConfigResource, ConfigResourceType  # isort: skip  # after chassis.kafka.clients

NARROW = 2_000
"""Bytes that the topic takes; an event of the tests has some hundred, a large one more than that."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is tried again at once."""
    monkeypatch.setattr(held, "TRY_EVERY_S", 0.0)


@pytest.fixture
def relay(store: Store, bus: Bus) -> Iterator[Relay]:
    with closing(bus.relay(store)) as made:
        yield made


def narrow(bus: Bus, largest: int = NARROW) -> None:
    with closing(bus.settings.admin()) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, bus.topic.name, {topics.LARGEST: str(largest)})])


def large(store: Store, stream: UUID, version: int = 0) -> None:
    event = Counted(by=1, note="x" * 3 * NARROW)
    store.append(Decision((Change(stream, "counter", version, (event,)),)))


def relayed(relay: Relay, store: Store) -> bool:
    """Until the cursor is at the head; a refusal passes, as in the work process."""
    with suppress(KafkaError):
        relay.run_once()
    state = reading.state(store.pool, relay.topic)
    return state.place.cursor == state.head


def held_by(relay: Relay, store: Store) -> dict[int, int]:
    return dict(reading.state(store.pool, relay.topic).place.held)


@pytest.mark.fault("F31")
def test_only_the_partition_of_the_refused_event_waits(store: Store, bus: Bus, relay: Relay) -> None:
    narrow(bus)
    store.fill(100, streams=25)
    stream = uuid4()
    large(store, stream)
    store.sequence()
    store.count(stream, 1)
    store.fill(100, streams=25)
    expected = {partition_of(stream): 101}

    def alone() -> bool:
        assert relayed(relay, store)
        assert held_by(relay, store) == expected
        return True

    wait_until(alone, 60, "its partition alone is held")
    on_kafka = {envelope.position for _, envelope in bus.envelopes()}
    waiting = {
        position
        for (position,) in store.rows(
            "select position from log where partition = %s and position >= 101", (partition_of(stream),)
        )
    }
    assert on_kafka == set(range(1, 203)) - waiting
    _, pending, age_s = lag.measure(store.pool, relay.service)
    assert pending == len(waiting), "what is held is told as not sent"
    assert age_s > 0
    assert RELAY_HELD_PARTITIONS._value.get() == 1


@pytest.mark.fault("F31")
@pytest.mark.usefixtures("impatient")
def test_once_the_topic_takes_it_everything_held_follows_in_order(store: Store, bus: Bus, relay: Relay) -> None:
    narrow(bus)
    streams = [uuid4() for _ in range(4)]
    for stream in streams:
        large(store, stream)
    store.sequence()
    for version in range(1, 60):
        for stream in streams:
            store.count(stream, version)
    large(store, streams[0], 60)
    store.sequence()
    wait_until(lambda: relayed(relay, store), 60, "the cursor reaches the head")
    assert set(held_by(relay, store)) == set(map(partition_of, streams))
    assert topics.apply(bus.settings, [bus.topic]) == [f"topic {bus.topic.name} now takes messages of 1000000 bytes"]
    wait_until(lambda: relayed(relay, store) and not held_by(relay, store), 60, "nothing is held any more")
    store.fill(50)
    relay_everything(relay, store)
    check_topic_is_the_log(bus, store)
    lag.measure(store.pool, relay.service)
    assert RELAY_HELD_PARTITIONS._value.get() == 0


@pytest.mark.fault("F31")
@pytest.mark.usefixtures("impatient")
def test_a_partition_that_is_let_go_takes_its_turn_and_the_others_go_on(
    store: Store, bus: Bus, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(bus)
    stream = uuid4()
    large(store, stream)
    store.sequence()
    for version in range(1, 5 * held.BATCH // 2):
        store.count(stream, version)
    store.sequence()
    wait_until(lambda: relayed(relay, store), 60, "the cursor reaches the head")
    topics.apply(bus.settings, [bus.topic])
    monkeypatch.setattr(held, "TURN_S", 0.0)
    begins = []

    def is_let_go() -> bool:
        begins.extend(held_by(relay, store).values())
        return relayed(relay, store) and not held_by(relay, store)

    wait_until(is_let_go, 60, "nothing is held any more")
    assert {1, 1 + held.BATCH, 1 + 2 * held.BATCH} <= set(begins), "a batch a turn"
    check_topic_is_the_log(bus, store)


@pytest.mark.fault("F31")
@pytest.mark.usefixtures("impatient")
def test_two_relays_and_a_partition_that_is_let_go_lose_nothing(store: Store, bus: Bus, relay: Relay) -> None:
    """A batch that left the partition out must not move the cursor once the partition goes on."""
    narrow(bus)
    stream = uuid4()
    large(store, stream)
    store.fill(200, streams=40)
    with closing(bus.relay(store)) as other:
        for one in (relay, other):
            wait_until(lambda one=one: relayed(one, store), 60, "both know the held partition")  # type: ignore[misc]
        topics.apply(bus.settings, [bus.topic])
        for version in range(1, 40):
            store.count(stream, version)
            store.fill(20, streams=10)
            relayed(relay, store)
            relayed(other, store)
        wait_until(lambda: relayed(other, store) and not held_by(other, store), 60, "nothing is held")
    relay_everything(relay, store)
    check_topic_is_the_log(bus, store)


@pytest.mark.fault("F31")
def test_a_republish_forgets_what_was_held(store: Store, bus: Bus, relay: Relay) -> None:
    narrow(bus)
    large(store, uuid4())
    store.fill(20)
    wait_until(lambda: relayed(relay, store), 60, "the cursor reaches the head")
    assert held_by(relay, store)
    topics.apply(bus.settings, [bus.topic])
    republish(store.pool, bus.service, bus.settings, even_if_not_empty=True)
    assert not held_by(relay, store)
    relay_everything(relay, store)
    check_topic_is_the_log(bus, store)
