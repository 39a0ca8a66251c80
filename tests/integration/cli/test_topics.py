"""Kafka held against contracts/topics.py, and a lost topic filled again by the running relay."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from chassis.kafka import topics
from contracts.topics import all_topics
from deploy.local.stack.kafka import ADMIN
from tests.integration.cli.conftest import Register
from tests.integration.relay.bus import Bus
from tests.support.running_service import as_user
from tests.support.waiting import wait_until

LOST = "notify.heads.v1"
EVENTS_TOPIC = next(topic for topic in all_topics() if topic.name == "registry.events.v1")


@pytest.fixture
def admin(register: Register) -> Iterator[Any]:
    """The super user's client; every topic is as it should be, before and after."""
    settings = as_user(register.servers, ADMIN)
    topics.apply(settings)
    with closing(settings.admin()) as client:
        yield client
    topics.apply(settings)


def lose(admin: Any, *names: str) -> None:
    admin.delete_topics(list(names))
    wait_until(lambda: not set(names) & set(admin.list_topics()), 20, f"{names} are gone")


def test_what_is_missing_is_named_made_and_then_right(register: Register, admin: Any) -> None:
    assert register.phoihop.process("topics", "check").out.startswith(f"All {len(all_topics())} topics")
    lose(admin, LOST)
    missing = register.phoihop("topics", "check", "--json")
    assert missing.code == 1
    assert [one for one in missing.json["problems"] if one.startswith(f"topic {LOST} does not exist")]
    assert register.phoihop.told("topics", "apply")["done"][0].startswith(f"topic {LOST} was made")
    assert register.phoihop.process("topics", "apply").out == "Nothing to do.\n"
    assert register.phoihop.told("topics", "check") == {"problems": []}


def test_a_topic_of_another_shape_is_never_touched(register: Register, admin: Any) -> None:
    lose(admin, LOST)
    admin.create_topics({LOST: {"num_partitions": 3}}, wait_for_metadata=True)
    try:
        for command in ("check", "apply"):
            said = register.phoihop("topics", command)
            assert said.code == 1
            assert f"topic {LOST} has 3 partitions, not 1" in said.out + said.err
    finally:
        lose(admin, LOST)


def test_a_lost_topic_is_refilled_from_the_log(register: Register, admin: Any) -> None:
    position = register.settled()
    full = register.phoihop.process("topics", "republish", "registry")
    assert full.code == 1
    assert "registry.events.v1 holds messages" in full.err
    lose(admin, EVENTS_TOPIC.name)
    assert register.phoihop("topics", "apply").code == 0
    assert register.phoihop.told("topics", "republish", "registry") == {"service": "registry", "events": position}
    bus = Bus(as_user(register.servers, ADMIN), "registry", EVENTS_TOPIC)
    assert {envelope.position for _, envelope in bus.envelopes()} == set(range(1, position + 1))
