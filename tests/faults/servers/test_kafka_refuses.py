"""F31: a broker whose disk takes nothing any more, and a topic that refuses an event as too large."""

import resource
from contextlib import closing
from functools import partial
from uuid import UUID

import pytest

from chassis.kafka import topics
from chassis.kafka.partition import partition_of
from deploy.local.stack.process import Child
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

from kafka.admin import ConfigResource, ConfigResourceType  # isort: skip  # after chassis.kafka

BROKER_LIMIT_S = 120
NOTICED_S = 60
NARROW = 4_000
HELD = "phoihop_relay_held_partitions"
IS_CASE = """
select exists (select from public.event where type = 'enforcement.case-opened' and data->>'inspection_id' = %s)
"""
AGE = "phoihop_relay_oldest_pending_age_seconds"


@pytest.mark.fault("F31")
def test_a_broker_whose_disk_is_full_ends_and_what_waited_is_sent_once_it_has_space(system: System) -> None:
    """The kernel refuses every write that makes a file of the broker larger, as a full disk does; it needs no mount."""
    kafka = system.stack.servers.kafka
    with system.busy() as traffic:
        for _ in rounds("F31", "rounds"):
            traffic.wait_for(5)
            assert kafka.child is not None
            resource.prlimit(kafka.child.pid, resource.RLIMIT_FSIZE, (1, 1))
            broker = kafka.child
            wait_until(partial(has_ended, broker), NOTICED_S, "the broker gives up")
            traffic.wait_for(10)
            wait_until(lambda: system.metric("registry-work", AGE) > 1, NOTICED_S, "it is seen", every_s=0.2)
            kafka.start(BROKER_LIMIT_S)
    system.check()


@pytest.mark.fault("F31")
def test_an_event_too_large_for_its_topic_holds_its_partition_back_and_nothing_else(system: System) -> None:
    """Somebody narrowed the topic; `phoihop topics apply` puts that right, and what was held follows by itself."""
    inspection = system.service("inspection")
    for _ in rounds("F31", "rounds"):
        system.checker.wait_until_drained()
        with closing(system.kafka.admin()) as admin:
            narrow = {topics.LARGEST: str(NARROW)}
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, inspection.topic, narrow)])
        large = system.world.inspection_with_violation("Không niêm yết nội quy. " * (NARROW // 20))
        wait_until(lambda: system.metric("inspection-work", HELD) == 1, NOTICED_S, "it is seen", every_s=0.2)

        def another_partition(large: str = large) -> str | None:
            found = system.world.inspection_with_violation("Không niêm yết nội quy.")
            return found if partition_of_text(found) != partition_of_text(large) else None

        other = wait_until(another_partition, NOTICED_S, "an inspection in another partition")
        wait_until(partial(is_case, system, other), NOTICED_S, "it becomes a case")
        assert not is_case(system, large)
        assert system.metric("inspection-work", AGE) > 0
        assert topics.apply(system.kafka) == [f"topic {inspection.topic} now takes messages of 1000000 bytes"]
        wait_until(lambda: system.metric("inspection-work", HELD) == 0, NOTICED_S, "it goes on", every_s=0.2)
    system.check()


def partition_of_text(inspection: str) -> int:
    return partition_of(UUID(inspection))


def is_case(system: System, inspection: str) -> bool:
    return bool(system.service("enforcement").value(IS_CASE, inspection))


def has_ended(child: Child) -> bool:
    return not child.is_running()
