"""F30: Kafka takes away a service's access, or its password is changed, while it works."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from uuid import uuid4

import pytest

from chassis.consume.broker import Partition
from chassis.consume.failures import BusAway
from chassis.consume.kafka_broker import KafkaBroker
from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from contracts.topics import EVENT_PARTITIONS, events_topic
from deploy.local.stack.process import Child
from tests.faults.doses import rounds
from tests.faults.servers.operator import administering
from tests.faults.system import System
from tests.support.waiting import wait_until

from kafka.admin import (  # isort: skip  # after chassis.kafka, which looks whether half is patched
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

RETRIES = "phoihop_worker_retries_total"
PENDING = "phoihop_relay_pending_events"
WORKERS = ("registry.executions", "registry.views")
SEEN_S = 60
BROKER_LIMIT_S = 120
COMMANDS = 5
LINES_A_SECOND = 10
"""Of all threads of a process together, while nobody lets it in: each rests longer and longer, up to five seconds."""


@contextmanager
def access_removed(system: System) -> Iterator[None]:
    """registry may neither write nor read any topic, nor join a group."""
    with administering(system) as admin:
        admin.delete_acls([everything_of("registry", ResourceType.ANY)])
    try:
        yield
    finally:
        topics.apply(system.kafka)


@contextmanager
def password_changed(system: System) -> Iterator[None]:
    """registry's own is wrong; its open connections are cut by a restart of the broker."""
    kafka = system.stack.servers.kafka
    other = UserScramCredentialUpsertion("registry", ScramMechanism.SCRAM_SHA_512, b"another", iterations=8192)
    with administering(system) as admin:
        admin.alter_user_scram_credentials([other])
    kafka.stop()
    kafka.start(BROKER_LIMIT_S)
    try:
        yield
    finally:
        kafka.ensure_users(["registry"])


@pytest.mark.fault("F30")
@pytest.mark.parametrize("fault", [access_removed, password_changed])
def test_a_service_that_kafka_refuses_says_so_keeps_everything_and_goes_on_by_itself(
    system: System, fault: Callable[[System], Iterator[None]]
) -> None:
    for _ in rounds("F30", "rounds"):
        process = system.child("registry-work")
        with system.busy() as traffic:
            traffic.wait_for(COMMANDS)
            before = {worker: retries(system, worker) for worker in WORKERS}
            lines, begun = lines_of(process), time.monotonic()
            with fault(system):  # type: ignore[attr-defined]
                traffic.wait_for(COMMANDS)
                for worker, count in before.items():
                    wait_until(
                        lambda worker=worker, count=count: retries(system, worker) >= count + 2,  # type: ignore[misc]
                        SEEN_S,
                        f"{worker} is seen to be refused",
                        every_s=0.2,
                    )
                wait_until(lambda: system.metric("registry-work", PENDING) > 0, SEEN_S, "events pile up")
                written, seconds = lines_of(process) - lines, time.monotonic() - begun
                assert written < LINES_A_SECOND * seconds + 100, f"{written} lines in {seconds:.0f} s"
            traffic.wait_for(COMMANDS)
        assert process.is_running(), process.why_it_ended()
        assert process is system.child("registry-work")
        system.check()


@pytest.mark.fault("F30")
def test_a_member_that_joined_while_it_might_not_see_its_topic_gets_the_partitions_when_it_may(system: System) -> None:
    """As an administrator leaves it who gives the rights back one by one, the group's first."""
    topic, kafka = events_topic("enforcement"), system.stack.servers.kafka
    settings = KafkaSettings(kafka.bootstrap_servers, "registry", kafka.password("registry"))
    with closing(KafkaBroker(settings, f"registry.test-{uuid4()}", [topic])) as member:
        held: set[Partition] = set()

        def polled() -> bool:
            with suppress(BusAway):
                news = member.poll(0.1, 1)
                held.difference_update(news.revoked)
                held.update(news.assigned)
            return True

        def holds(count: int) -> bool:
            return polled() and len(held) == count

        wait_until(lambda: holds(EVENT_PARTITIONS), SEEN_S, "it holds every partition")
        with administering(system) as admin:
            admin.delete_acls([everything_of("registry", ResourceType.TOPIC)])
        try:
            wait_until(lambda: polled() and member.topic_id(topic) is None, SEEN_S, "it does not see the topic")
            member._client._coordinator.request_rejoin()
            wait_until(lambda: holds(0), SEEN_S, "it has joined again, and holds nothing")
        finally:
            topics.apply(system.kafka)
        wait_until(lambda: holds(EVENT_PARTITIONS), SEEN_S, "it holds every partition again")
    system.check()


def everything_of(user: str, kind: ResourceType) -> ACLFilter:
    """The rights of this user on every resource of this kind."""
    anything = ResourcePatternFilter(kind, None, ACLResourcePatternType.ANY)
    return ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


def retries(system: System, worker: str) -> float:
    return system.metric("registry-work", RETRIES, worker=worker, cause="bus")


def lines_of(process: Child) -> int:
    with process.log.open("rb") as log:
        return sum(1 for _ in log)
