"""Joining a group takes longer than a poll when a machine is busy: nobody is forgotten, no join is wasted."""

from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from chassis.consume.broker import Partition
from chassis.consume.kafka_broker import KafkaBroker
from tests.conformance.broker.buses import KafkaBus
from tests.support.waiting import wait_until

MEMBERS = 8
SHORT_S = 0.001
BUSY_S = 0.3
"""Between two polls; a lone member's join takes a few milliseconds."""


def holds_both(member: KafkaBroker, topic: str) -> Callable[[], bool]:
    """Polls once, for almost no time, and tells whether the member has both partitions by now."""
    held: set[Partition] = set()

    def polled() -> bool:
        news = member.poll(SHORT_S, 1)
        held.difference_update(news.revoked)
        held.update(news.assigned)
        return held == {Partition(topic, 0), Partition(topic, 1)}

    return polled


@pytest.mark.fault("F28")
def test_a_member_whose_polls_are_shorter_than_a_join_gets_its_partitions(kafka: dict[str, Any]) -> None:
    with closing(KafkaBus(kafka)) as bus:
        topic = f"faults.{uuid4().hex}"
        bus.create_topic(topic, 2)
        for _ in range(MEMBERS):
            with closing(bus.join(uuid4().hex, [topic])) as member:
                assert isinstance(member, KafkaBroker)
                wait_until(holds_both(member, topic), 20, "both partitions are assigned", every_s=0)


@pytest.mark.fault("F28")
def test_a_join_that_ends_while_the_member_is_busy_is_not_begun_again(kafka: dict[str, Any]) -> None:
    with closing(KafkaBus(kafka)) as bus:
        topic = f"faults.{uuid4().hex}"
        bus.create_topic(topic, 2)
        with closing(bus.join(uuid4().hex, [topic])) as member:
            assert isinstance(member, KafkaBroker)
            wait_until(holds_both(member, topic), 20, "both partitions are assigned", every_s=BUSY_S)
