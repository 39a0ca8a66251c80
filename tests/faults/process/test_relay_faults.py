"""F5, F6, F24, F26: the relay killed, frozen, cut off from its broker. Every time the topic ends as the log:
nothing lost, each message as stored, in order per partition once a reader has dropped the repetitions."""

import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaError, KafkaProducer, KafkaSettings
from chassis.postgres.pool import Unavailable
from chassis.relay.ahead import WrongPartitions
from chassis.relay.relay import BATCH, WINDOW, Relay
from chassis.relay.republish import progress
from contracts.topics import EVENT_PARTITIONS, Topic, events_topic
from deploy.local.stack import binaries, ports, process
from deploy.local.stack.kafka import KafkaServer
from tests.faults.doses import dose
from tests.faults.process.log_workers import came_to_the_end, killed_itself, start
from tests.integration.relay.bus import Bus, check_topic_is_the_log, relay_everything
from tests.integration.relay.conftest import bus, settings
from tests.integration.store.conftest import store
from tests.integration.store.counting import Store
from tests.support.stack_fixture import own_state
from tests.support.waiting import wait_until

__all__ = ["bus", "settings", "store"]  # fixtures

POINTS = ("relay.before-send", "relay.half-acked", "relay.before-cursor")
EVENTS = 1_500


@pytest.mark.fault("F5")
@pytest.mark.parametrize("point", POINTS)
def test_a_relay_killed_anywhere_doubles_at_most_what_was_on_its_way(store: Store, bus: Bus, point: str) -> None:
    rounds = dose("F5", "rounds")
    for _ in range(rounds):
        store.fill(EVENTS, streams=30)
        assert killed_itself(start("relay", store, bus, crash_at=point))
        assert progress(store.pool, bus.service).sent < progress(store.pool, bus.service).total
        assert came_to_the_end(start("relay", store, bus))
    assert check_topic_is_the_log(bus, store) <= rounds * WINDOW * BATCH


@pytest.mark.fault("F6")
def test_a_relay_that_was_frozen_and_wakes_up_late_disturbs_nothing(store: Store, bus: Bus) -> None:
    store.fill(EVENTS * 4, streams=60)
    zombie = start("relay", store, bus)
    assert zombie.stdout is not None
    assert zombie.stdout.readline(), "it has confirmed its first batch"
    zombie.send_signal(signal.SIGSTOP)
    successor = bus.relay(store)
    relay_everything(successor, store)
    store.fill(100)
    zombie.send_signal(signal.SIGCONT)
    relay_everything(successor, store)
    assert came_to_the_end(zombie)
    check_topic_is_the_log(bus, store)
    successor.close()


@dataclass(frozen=True, slots=True)
class Impatient(KafkaSettings):
    """Gives a message up after two seconds, so that a test need not wait for minutes."""

    def producer(self, **more: Any) -> KafkaProducer:
        quick = {"delivery_timeout_ms": 2_000, "request_timeout_ms": 1_500, "linger_ms": 0}
        return KafkaSettings.producer(self, **(more | quick))


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaServer]:
    """A broker of its own: it is killed and frozen."""
    state = own_state("relay-faults")
    free = ports.free()
    server = KafkaServer(state, binaries.install(state.servers), free.kafka, free.controller)
    try:
        process.wait_ready(server.launch(), server.is_ready, 60)
        yield server
    finally:
        server.stop()
        state.unlock()
        shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture
def own_bus(broker: KafkaServer) -> Bus:
    own = Impatient(broker.bootstrap_servers, "admin", broker.password("admin"))
    service = f"svc-{uuid4().hex[:12]}"
    topic = Topic(events_topic(service), EVENT_PARTITIONS, writers=(service,), readers=(service,))
    topics.apply(own, [topic])
    return Bus(own, service, topic)


def keep_relaying(relay: Relay, store: Store, timeout_s: float) -> int:
    """As the work process does: whatever passes is tried again. Answers how often something had to pass."""
    passed = 0

    def reached() -> bool:
        nonlocal passed
        try:
            relay.run_once()
        except (KafkaError, WrongPartitions, psycopg2.Error, Unavailable):
            passed += 1
        state = progress(store.pool, relay.service)
        return state.sent == state.total

    wait_until(reached, timeout_s, "the relay reached the head of the log")
    return passed


@pytest.mark.fault("F24")
def test_a_broker_killed_while_the_relay_sends(store: Store, own_bus: Bus, broker: KafkaServer) -> None:
    relay = own_bus.relay(store)
    for _ in range(dose("F24", "kills")):
        store.fill(EVENTS, streams=30)
        relay.run_once()
        broker.kill()
        process.wait_ready(broker.launch(), broker.is_ready, 60)
        keep_relaying(relay, store, 60)
    check_topic_is_the_log(own_bus, store)
    relay.close()


@pytest.mark.fault("F26")
def test_a_producer_that_gave_up_on_what_the_broker_then_writes(
    store: Store, own_bus: Bus, broker: KafkaServer
) -> None:
    relay = own_bus.relay(store)
    gave_up = 0
    for _ in range(dose("F26", "timeouts")):
        store.fill(300, streams=30)
        relay.run_once()
        store.fill(300, streams=30)
        broker.pause()
        try:
            gave_up += until_it_gives_up(relay)
        finally:
            broker.resume()
        keep_relaying(relay, store, 60)
    assert gave_up == dose("F26", "timeouts")
    check_topic_is_the_log(own_bus, store)
    relay.close()


def until_it_gives_up(relay: Relay) -> int:
    def raised() -> bool:
        try:
            relay.run_once()
        except (KafkaError, WrongPartitions):
            return True
        return False

    wait_until(raised, 30, "the send timed out")
    return 1
