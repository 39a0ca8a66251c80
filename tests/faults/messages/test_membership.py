"""Joining a group takes longer than a poll when a machine is busy: nobody may be forgotten on the way."""

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


@pytest.mark.fault("F28")
def test_a_member_whose_polls_are_shorter_than_a_join_gets_its_partitions(kafka: dict[str, Any]) -> None:
    with closing(KafkaBus(kafka)) as bus:
        topic = f"faults.{uuid4().hex}"
        bus.create_topic(topic, 2)
        for _ in range(MEMBERS):
            with closing(bus.join(uuid4().hex, [topic])) as member:
                assert isinstance(member, KafkaBroker)
                held: set[Partition] = set()

                def has_all(member: KafkaBroker = member, held: set[Partition] = held) -> bool:
                    polled = member.poll(SHORT_S, 1)
                    held.difference_update(polled.revoked)
                    held.update(polled.assigned)
                    return held == {Partition(topic, 0), Partition(topic, 1)}

                wait_until(has_all, 20, "both partitions are assigned", every_s=0)
