"""What an operator does to topics, by mistake and to heal."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from chassis.kafka import topics
from chassis.kafka.clients import KafkaAdminClient, TopicPartition
from deploy.local.stack.state import CHECKOUT
from tests.faults.system import System
from tests.support.waiting import wait_until

COMMAND_LIMIT_S = 300


@contextmanager
def administering(system: System) -> Iterator[KafkaAdminClient]:
    with closing(system.kafka.admin()) as admin:
        yield admin


def phoihop(system: System, *words: str) -> str:
    """Types a command and answers what it said. Raises AssertionError unless it went well."""
    environment = {**os.environ, **system.stack.environments.of_operator()}
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=COMMAND_LIMIT_S,
    )
    assert ended.returncode == 0, f"phoihop {' '.join(words)}: {ended.stdout} {ended.stderr}"
    return ended.stdout


def ends_of(system: System, topic: str) -> dict[TopicPartition, int]:
    with closing(system.kafka.consumer()) as consumer:
        return dict(
            consumer.end_offsets([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
        )


def delete_records(system: System, topic: str) -> None:
    """All that are there now, as if their retention had passed."""
    with administering(system) as admin:
        admin.delete_records({place: end for place, end in ends_of(system, topic).items() if end})


def delete_topic(system: System, service: str) -> None:
    """The service's events; from now on the checker expects them anew."""
    topic = system.service(service).topic
    with administering(system) as admin:
        admin.delete_topics([topic])
        wait_until(lambda: topic not in admin.list_topics(), 30, f"{topic} is gone")
    system.checker.forget_topic(service)


def make_topic_anew(system: System, service: str) -> None:
    """Heals the loss: the topic is made, and filled from the log."""
    topics.apply(system.kafka)
    phoihop(system, "topics", "republish", service, "--even-if-not-empty")
