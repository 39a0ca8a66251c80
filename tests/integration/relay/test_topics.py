"""Topics and access on a real broker, held against what was asked for."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaError, KafkaSettings
from chassis.kafka.topics import Access, TopicRefused, wanted_access
from contracts.topics import FOR_EVER_MS, SERVICES, THIRTY_DAYS_MS, Topic, all_topics, events_topic
from deploy.local.stack.servers import Servers


@pytest.fixture
def users(servers: Servers) -> dict[str, str]:
    names = {name: f"{name}-{uuid4().hex[:8]}" for name in ("writer", "reader", "stranger")}
    servers.kafka.ensure_users(names.values())
    return names


@pytest.fixture
def topic(users: dict[str, str], settings: KafkaSettings) -> Topic:
    return Topic(f"t-{uuid4().hex[:12]}", 3, (users["writer"],), (users["reader"],), THIRTY_DAYS_MS)


def as_user(servers: Servers, name: str) -> KafkaSettings:
    return KafkaSettings(servers.kafka.bootstrap_servers, name, servers.kafka.password(name))


def test_apply_makes_what_check_misses_and_only_once(settings: KafkaSettings, topic: Topic) -> None:
    missing = topics.check(settings, [topic])
    assert missing[0].startswith(f"topic {topic.name} does not exist")
    assert len(missing) == 4  # the topic, write, read, group

    done = topics.apply(settings, [topic])
    assert done[0] == f"topic {topic.name} was made, for 30 days, partitions: 3"
    assert len(done) == 4
    assert topics.check(settings, [topic]) == []
    assert topics.apply(settings, [topic]) == []


@pytest.mark.fault("F29")
def test_a_wrong_number_of_partitions_is_refused_by_name_and_nothing_is_touched(
    settings: KafkaSettings, topic: Topic
) -> None:
    topics.apply(settings, [topic])
    more = Topic(topic.name, 12, ("somebody",), topic.readers, topic.retention_ms)
    with pytest.raises(TopicRefused, match=f"topic {topic.name} has 3 partitions, not 12"):
        topics.apply(settings, [more])
    assert topics.check(settings, [topic]) == []


def test_retention_and_surplus_access_are_found_and_put_right(settings: KafkaSettings, topic: Topic) -> None:
    wider = Topic(topic.name, 3, (*topic.writers, "stranger"), topic.readers, -1)
    topics.apply(settings, [wider])
    assert topics.check(settings, [topic]) == [
        f"topic {topic.name} keeps messages for ever, not for 30 days",
        f"access nobody asked for: stranger may write topic {topic.name}",
    ]
    assert topics.apply(settings, [topic]) == [
        f"topic {topic.name} now keeps messages for 30 days",
        f"access taken away: stranger may write topic {topic.name}",
    ]
    assert topics.check(settings, [topic]) == []


def test_events_are_kept_for_ever_and_what_agencies_and_services_tell_each_other_for_thirty_days() -> None:
    kept = {topic.name: topic.retention_ms for topic in all_topics()}
    assert {kept[events_topic(service)] for service in SERVICES} == {FOR_EVER_MS}
    of_agencies = {name for name in kept if ".commands." in name or ".replies." in name}
    assert {kept[name] for name in of_agencies} == {THIRTY_DAYS_MS}


def test_only_the_writer_writes(settings: KafkaSettings, topic: Topic, users: dict[str, str], servers: Servers) -> None:
    topics.apply(settings, [topic])
    for name, may in (("writer", True), ("reader", False), ("stranger", False)):
        assert can_write(as_user(servers, users[name]), topic.name) is may, name


def can_write(settings: KafkaSettings, topic: str) -> bool:
    producer = settings.producer(max_block_ms=5000)
    try:
        producer.send(topic, key=b"k", value=b"{}", partition=0).get(timeout=10)
    except KafkaError:
        return False
    finally:
        producer.close(timeout=5)
    return True


def test_readiness_is_seen_with_the_user_s_own_eyes(
    settings: KafkaSettings, topic: Topic, users: dict[str, str], servers: Servers
) -> None:
    def problems(user: str, wanted: Topic = topic) -> list[str]:
        return topics.readiness_problems(as_user(servers, users[user]), users[user], [wanted])

    assert "does not exist, or we may not see it" in problems("writer")[0]
    topics.apply(settings, [topic])
    assert (problems("writer"), problems("reader"), problems("stranger")) == ([], [], [])
    more: Any = Topic(topic.name, 4, topic.writers, topic.readers)
    assert "has 3 partitions, not 4" in problems("reader", more)[0]


def test_a_broker_that_is_away_is_an_error_of_its_own() -> None:
    with pytest.raises(KafkaError):
        topics.readiness_problems(KafkaSettings("127.0.0.1:1"), "registry")


def test_every_service_may_do_what_its_topics_say_and_nothing_else() -> None:
    access = wanted_access(all_topics())
    assert Access("agency.ppd", "WRITE", "TOPIC", "inspection.commands.ppd.v1") in access
    assert Access("agency.ppd", "READ", "TOPIC", "inspection.replies.ppd.v1") in access
    assert {line.name for line in access if line.user == "agency.ppd"} == {
        "inspection.commands.ppd.v1",
        "inspection.replies.ppd.v1",
        "agency.ppd.",
    }
    writers = {line.name: line.user for line in access if line.operation == "WRITE" and line.name.endswith("events.v1")}
    assert writers == {f"{service}.events.v1": service for service in SERVICES}
