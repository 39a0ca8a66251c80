"""Everything delivered again and again: on the real topics of the running system, no effect is doubled."""

import random
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from chassis.consume import views
from chassis.kafka.clients import TopicPartition
from contracts.topics import events_topic
from tests.faults.doses import dose, rounds
from tests.faults.system import SERVICES, System
from tests.support.checker_topics import Witness, new_records
from tests.support.load import Outcome
from tests.support.waiting import wait_until

SEED = 20091117
OFFSETS = "select topic, partition, kafka_offset from public.watermark where consumer = %s"


@pytest.mark.fault("F32")
def test_messages_delivered_up_to_five_times_and_a_whole_partition_again_change_nothing(system: System) -> None:
    isps = [system.world.isp() for _ in range(2)]
    agent = system.world.agent_with_cases(isps, cases=3)
    system.world.demand_and_withdraw(agent)
    addressees = {str(isp.company.company_id): isp for isp in isps}
    for order in system.world.demand(agent.cases.pop()).answer["orders"]:
        assert system.world.execute(addressees[order["addressee_id"]], order["order_id"]).outcome is Outcome.OK
    streams = rounds("F32", "streams")
    for _ in streams:
        system.world.register_and_sign()
    system.check()
    heads = {name: system.service(name).value("select max(position) from public.log") for name in SERVICES}
    received = sum(len(isp.receiver.receipts) for isp in isps)
    chance, most_copies = random.Random(SEED), dose("F32", "most_copies")
    topics = new_records(system.kafka, [Witness(events_topic(name)) for name in SERVICES])
    for records in topics.values():
        met = sorted({record.key for record in records})
        chosen = set(chance.sample(met, min(len(met), streams.given)))
        again = [one for one in records for _ in range(chance.randrange(most_copies)) if one.key in chosen]
        send_again(system, [*again, *(one for one in records if one.partition == records[0].partition)])
    wait_until(lambda: not unread(system), 30, "every consumer has met them again")
    system.check()
    assert heads == {name: system.service(name).value("select max(position) from public.log") for name in SERVICES}
    assert received == sum(len(isp.receiver.receipts) for isp in isps)


def send_again(system: System, records: Sequence[Any]) -> None:
    """The same bytes to the same partition."""
    with closing(system.kafka.producer()) as producer:
        sent = [
            producer.send(one.topic, one.value, key=one.key, headers=one.headers, partition=one.partition)
            for one in records
        ]
        for one in sent:
            one.get(timeout=30)


def unread(system: System) -> list[str]:
    """Where consumers have not come to the end of the event topics."""
    topics = [events_topic(name) for name in SERVICES]
    with closing(system.kafka.consumer()) as consumer:
        places = [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic)]
        ends = {(place.topic, place.partition): end for place, end in consumer.end_offsets(places).items()}
    found = []
    for service in system.checker.services.values():
        for consumer in service.consumers:
            with service.cursor() as cursor:
                cursor.execute(OFFSETS, (views.where(cursor, consumer).rows,))
                at = {(topic, partition): offset for topic, partition, offset in cursor.fetchall()}
            found += [
                f"{consumer.name} in {topic}/{partition}"
                for (topic, partition), end in ends.items()
                if topic in consumer.topics and at.get((topic, partition), 0) < end
            ]
    return found
