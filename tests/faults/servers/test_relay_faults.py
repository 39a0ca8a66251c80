"""F24, F26: the relay cut off from its broker, on a log and a topic of its own: the topic ends as the log."""

from uuid import uuid4

import psycopg2
import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaError
from chassis.postgres.pool import Unavailable
from chassis.relay.ahead import WrongPartitions
from chassis.relay.relay import Relay
from chassis.relay.republish import progress
from contracts.topics import EVENT_PARTITIONS, Topic, events_topic
from tests.faults.doses import rounds
from tests.faults.servers.impatient import Impatient
from tests.faults.system import System
from tests.integration.relay.bus import Bus, check_topic_is_the_log
from tests.integration.store.conftest import store
from tests.integration.store.counting import Store
from tests.support.waiting import wait_until

__all__ = ["store"]  # fixture

EVENTS = 1_500
BROKER_LIMIT_S = 120


@pytest.fixture
def own_bus(system: System) -> Bus:
    """A topic of its own on the system's broker, which is killed and frozen."""
    own = Impatient(system.kafka.bootstrap_servers, system.kafka.username, system.kafka.password)
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
def test_a_broker_killed_while_the_relay_sends(store: Store, own_bus: Bus, system: System) -> None:
    relay, broker = own_bus.relay(store), system.stack.servers.kafka
    for _ in rounds("F24", "kills"):
        store.fill(EVENTS, streams=30)
        relay.run_once()
        broker.kill()
        broker.start(BROKER_LIMIT_S)
        keep_relaying(relay, store, 60)
    check_topic_is_the_log(own_bus, store)
    relay.close()


@pytest.mark.fault("F26")
def test_a_producer_that_gave_up_on_what_the_broker_then_writes(store: Store, own_bus: Bus, system: System) -> None:
    relay, broker = own_bus.relay(store), system.stack.servers.kafka
    gave_up, timeouts = 0, rounds("F26", "timeouts")
    for _ in timeouts:
        store.fill(300, streams=30)
        relay.run_once()
        store.fill(300, streams=30)
        broker.pause()
        try:
            gave_up += until_it_gives_up(relay)
        finally:
            broker.resume()
        keep_relaying(relay, store, 60)
    assert gave_up == timeouts.given
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
