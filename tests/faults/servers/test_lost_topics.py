"""F27, F29: an operator sets offsets elsewhere, retention passes, a topic is lost or gets a partition too many."""

import pytest

from tests.faults.doses import rounds
from tests.faults.servers.operator import (
    administering,
    delete_records,
    delete_topic,
    ends_of,
    make_topic_anew,
    phoihop,
)
from tests.faults.system import System
from tests.support.waiting import wait_until

DUPLICATES = "phoihop_duplicate_events_total"
STOPPED = "phoihop_consumer_stopped"
RETRIES = "phoihop_worker_retries_total"
GROUP = "inspection.views"
HOLE_S = 3
SEEN_S = 60
COMMANDS = 5


@pytest.mark.fault("F27")
def test_offsets_that_somebody_set_elsewhere_move_no_consumer(system: System) -> None:
    """To the end, where facts would be lost, and to the beginning, where they would be doubled."""
    topic = system.service("registry").topic
    for _ in rounds("F27", "rounds"):
        for target in ("the end", "the beginning"):
            system.end("inspection-work")
            for _ in range(COMMANDS):
                system.world.register_and_sign()
            ends = ends_of(system, topic)
            with administering(system) as admin:
                wait_until(
                    lambda admin=admin, ends=ends, target=target: set_offsets(  # type: ignore[misc]
                        admin, {place: end if target == "the end" else 0 for place, end in ends.items()}
                    ),
                    30,
                    "the group is empty and lets its offsets be set",
                    every_s=0.5,
                )
            system.launch("inspection-work")
            system.wait_ready("inspection-work")
            system.check()


@pytest.mark.fault("F27")
def test_facts_that_kafka_lost_before_a_consumer_met_them_are_a_hole_until_the_topic_is_made_anew(
    system: System,
) -> None:
    topic = system.service("registry").topic
    for _ in rounds("F27", "rounds"):
        system.check()
        delete_records(system, topic)  # everybody has met them: nobody misses anything
        with system.busy() as traffic:
            system.end("inspection-work")  # not before: whoever makes it busy may need a case of inspection's
            traffic.wait_for(COMMANDS)
            wait_until(lambda: not to_relay(system), SEEN_S, "all is on the topic")
            delete_records(system, topic)  # inspection has not met these
            system.launch("inspection-work", PHOIHOP_HOLE_SECONDS=str(HOLE_S))
            wait_until(
                lambda: system.metric("inspection-work", STOPPED, consumer=GROUP, reason="hole") > 0,
                SEEN_S,
                "the hole calls a person",
                every_s=0.2,
            )
            known = system.metric("registry-work", DUPLICATES, consumer="registry.views")
            delete_topic(system, "registry")
            make_topic_anew(system, "registry")
            traffic.wait_for(COMMANDS)
        wait_until(lambda: system.metric("inspection-work", STOPPED, consumer=GROUP) == 0, SEEN_S, "the alarm is over")
        system.check()
        met = system.metric("registry-work", DUPLICATES, consumer="registry.views")
        assert met > known, "known facts are met again and skipped"


@pytest.mark.fault("F29")
def test_a_partition_too_many_keeps_a_relay_from_starting_until_the_topic_is_made_anew(system: System) -> None:
    topic = system.service("registry").topic
    for _ in rounds("F29", "rounds"):
        with administering(system) as admin:
            admin.create_partitions({topic: 13})
        with system.busy() as traffic:
            system.restart("registry-work")
            wait_until(
                lambda: "has 13 partitions, not 12" in system.why_not_ready("registry-work"), SEEN_S, "it says why"
            )
            traffic.wait_for(COMMANDS)
            wait_until(
                lambda: system.metric("registry-work", RETRIES, worker="registry.relay", cause="person") > 0,
                SEEN_S,
                "the relay waits for a person",
            )
            wait_until(
                lambda: system.metric("registry-work", "phoihop_relay_pending_events") > 0, SEEN_S, "events pile up"
            )
            system.checker.forget_topic("registry")
            phoihop(system, "topics", "remake", "registry")
            system.wait_ready("registry-work")
            traffic.wait_for(COMMANDS)
        system.check()


def set_offsets(admin: object, offsets: dict[object, int]) -> bool:
    answered = admin.reset_group_offsets(GROUP, offsets)  # type: ignore[attr-defined]
    return all(one["error"].errno == 0 for one in answered.values())


def to_relay(system: System) -> float:
    """Events of registry that are stored and not on Kafka yet, as its own database says now."""
    registry = system.service("registry")
    return float(
        registry.value(
            "select (select count(*) from public.unsequenced) + (select max(position) from public.log)"
            " - (select position from public.relay_cursor where topic = %s)",
            registry.topic,
        )
    )
