"""Holds Kafka against `contracts/topics.py`: topics, partitions, retention, size of messages, who may read or write."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chassis.kafka.clients import LARGEST_MESSAGE, KafkaAdminClient, KafkaError, KafkaSettings
from contracts.topics import EVENTS, Topic, all_topics

from kafka.admin import (  # isort: skip  # after chassis.kafka.clients, which looks whether half is patched
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)


RETENTION, LARGEST = "retention.ms", "max.message.bytes"
ACCESS_LIMIT_S = 15
DELETION_LIMIT_S = 30
LOOK_EVERY_S = 0.05
READINESS_LIMIT_MS = 3_000


class TopicRefused(Exception):
    """Kafka holds something that cannot be put right without losing the order of facts; names the topic."""


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """One line of the access list."""

    user: str
    operation: str
    kind: str
    """TOPIC or GROUP."""
    name: str
    pattern: str = "LITERAL"

    def __str__(self) -> str:
        what = f"{self.kind.lower()} {self.name}{'*' if self.pattern == 'PREFIXED' else ''}"
        return f"{self.user} may {self.operation.lower()} {what}"


def wanted_access(topics: Iterable[Topic]) -> set[Access]:
    """Writers write and readers read their topics; each reader has the consumer groups that begin with `<user>.`."""
    topics = tuple(topics)
    readers = {user for topic in topics for user in topic.readers}
    return (
        {Access(user, "WRITE", "TOPIC", topic.name) for topic in topics for user in topic.writers}
        | {Access(user, "READ", "TOPIC", topic.name) for topic in topics for user in topic.readers}
        | {Access(user, "READ", "GROUP", f"{user}.", "PREFIXED") for user in readers}
    )


def check(settings: KafkaSettings, topics: Iterable[Topic] | None = None) -> list[str]:
    """What is missing, wrong or too much, one line each, as the super user sees it. Raises KafkaError."""
    wanted = tuple(all_topics() if topics is None else topics)
    with _Admin(settings) as admin:
        found = _partitions(admin, wanted)
        problems = [line for topic in wanted if (line := _wrong(topic, found.get(topic.name)))]
        present = [topic for topic in wanted if topic.name in found]
        for topic, kept, largest in _configs(admin, present):
            if kept != topic.retention_ms:
                problems.append(f"topic {topic.name} keeps messages {_kept(kept)}, not {_kept(topic.retention_ms)}")
            if largest < LARGEST_MESSAGE:
                problems.append(f"topic {topic.name} takes messages of {largest} bytes, not {LARGEST_MESSAGE}")
        missing, surplus = _access_difference(admin, wanted)
    problems += [f"access is missing: {line}" for line in missing]
    return problems + [f"access nobody asked for: {line}" for line in surplus]


def apply(settings: KafkaSettings, topics: Iterable[Topic] | None = None) -> list[str]:
    """Makes what is missing and takes away access nobody asked for; says what was done, one line each.

    Raises TopicRefused when a topic has a wrong number of partitions (nothing was changed then), and KafkaError.
    """
    wanted = tuple(all_topics() if topics is None else topics)
    with _Admin(settings) as admin:
        found = _partitions(admin, wanted)
        for topic in wanted:
            if topic.name in found and found[topic.name] != topic.partitions:
                raise TopicRefused(_wrong(topic, found[topic.name]))
        new = [topic for topic in wanted if topic.name not in found]
        if new:
            admin.create_topics(
                {
                    topic.name: {
                        "num_partitions": topic.partitions,
                        "configs": {RETENTION: str(topic.retention_ms)},
                    }
                    for topic in new
                },
                wait_for_metadata=True,
            )
        configs = _configs(admin, wanted)
        stale = [topic for topic, kept, _ in configs if kept != topic.retention_ms]
        narrow = [topic for topic, _, largest in configs if largest < LARGEST_MESSAGE]
        wrong = [_resource(topic, {RETENTION: str(topic.retention_ms)}) for topic in stale]
        wrong += [_resource(topic, {LARGEST: str(LARGEST_MESSAGE)}) for topic in narrow]
        if wrong:
            admin.alter_configs(wrong)
        missing, surplus = _access_difference(admin, wanted)
        if missing:
            refused = admin.create_acls([_acl(line, ACL, ResourcePattern) for line in missing])["failed"]
            if refused:
                raise refused[0]
        if surplus:
            admin.delete_acls([_acl(line, ACLFilter, ResourcePatternFilter) for line in surplus])
        _wait_for_access(admin, wanted)
    return [
        *(f"topic {topic.name} was made, {_kept(topic.retention_ms)}, partitions: {topic.partitions}" for topic in new),
        *(f"topic {topic.name} now keeps messages {_kept(topic.retention_ms)}" for topic in stale),
        *(f"topic {topic.name} now takes messages of {LARGEST_MESSAGE} bytes" for topic in narrow),
        *(f"access given: {line}" for line in missing),
        *(f"access taken away: {line}" for line in surplus),
    ]


def remake(settings: KafkaSettings, topic: Topic) -> None:
    """Deletes the topic with everything in it, and makes it again, empty. Its access list stays as it was.

    Raises TopicRefused when Kafka does not let go of it in time, and KafkaError.
    """
    with _Admin(settings) as admin:
        if topic.name in _partitions(admin, [topic]):
            admin.delete_topics([topic.name])
        deadline = time.monotonic() + DELETION_LIMIT_S
        while topic.name in _partitions(admin, [topic]):
            if time.monotonic() > deadline:
                raise TopicRefused(f"topic {topic.name} is still there {DELETION_LIMIT_S} s after it was deleted")
            time.sleep(LOOK_EVERY_S)
    apply(settings, [topic])


def readiness_problems(settings: KafkaSettings, service: str, topics: Iterable[Topic] | None = None) -> list[str]:
    """Why this service cannot begin: a topic it reads or writes is absent, hidden from it or has wrong partitions.

    Raises KafkaError.
    """
    ours = [topic for topic in topics or all_topics() if service in (*topic.writers, *topic.readers)]
    with _Admin(settings, bootstrap_timeout_ms=READINESS_LIMIT_MS) as admin:
        found = _partitions(admin, ours)
    return [line for topic in ours if (line := _wrong(topic, found.get(topic.name)))]


class _Admin:
    """An admin client that is closed again."""

    def __init__(self, settings: KafkaSettings, **more: Any) -> None:
        self._settings, self._more = settings, more

    def __enter__(self) -> KafkaAdminClient:
        self._admin = self._settings.admin(**self._more)
        return self._admin

    def __exit__(self, *_: object) -> None:
        self._admin.close()


def _wrong(topic: Topic, partitions: int | None) -> str:
    if partitions is None:
        return f"topic {topic.name} does not exist, or we may not see it: run `phoihop topics apply`"
    if partitions != topic.partitions:
        service, _, kind = topic.name.partition(".")
        anew = f"`phoihop topics remake {service}`" if kind == EVENTS else "delete it, then `phoihop topics apply`"
        return (
            f"topic {topic.name} has {partitions} partitions, not {topic.partitions}: the order per key would break. "
            f"To make it anew: {anew}"
        )
    return ""


def _partitions(admin: KafkaAdminClient, topics: Iterable[Topic]) -> dict[str, int]:
    described = admin.describe_topics([topic.name for topic in topics])
    return {found["name"]: len(found["partitions"]) for found in described if found["error_code"] == 0}


def _configs(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[tuple[Topic, int, int]]:
    """Of each topic how long it keeps messages, in ms, and how many bytes a message may have."""
    topics = list(topics)
    if not topics:
        return []
    answer = admin.describe_configs(
        [_resource(topic, {RETENTION: None, LARGEST: None}) for topic in topics], config_filter="all"
    )
    configs = {name: config for of_type in answer.values() for name, config in of_type.items()}
    return [
        (topic, int(configs[topic.name][RETENTION]["value"]), int(configs[topic.name][LARGEST]["value"]))
        for topic in topics
    ]


def _access_difference(admin: KafkaAdminClient, topics: Iterable[Topic]) -> tuple[list[Access], list[Access]]:
    """(missing, surplus). Surplus counts on our topics and our users' groups only: the cluster may serve others too."""
    wanted = wanted_access(topics)
    ours = {(line.kind, line.name) for line in wanted}
    everything = ACLFilter(
        None,
        None,
        ACLOperation.ANY,
        ACLPermissionType.ANY,
        ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
    )
    acls, _ = admin.describe_acls(everything)
    found = {
        Access(
            acl.principal.removeprefix("User:"),
            acl.operation.name,
            acl.resource_pattern.resource_type.name,
            acl.resource_pattern.resource_name,
            acl.resource_pattern.pattern_type.name,
        )
        for acl in acls
        if acl.permission_type is ACLPermissionType.ALLOW
    }
    return sorted(wanted - found), sorted(line for line in found - wanted if (line.kind, line.name) in ours)


def _wait_for_access(admin: KafkaAdminClient, topics: Iterable[Topic]) -> None:
    """The controller answers before the brokers know. Raises KafkaError when they never learn it."""
    topics = tuple(topics)
    deadline = time.monotonic() + ACCESS_LIMIT_S
    while any(_access_difference(admin, topics)):
        if time.monotonic() > deadline:
            raise KafkaError(f"the brokers did not take over the access list within {ACCESS_LIMIT_S} s")
        time.sleep(LOOK_EVERY_S)


def _acl(line: Access, kind: Callable[..., Any], pattern: Callable[..., Any]) -> Any:
    resource = pattern(ResourceType[line.kind], line.name, ACLResourcePatternType[line.pattern])
    return kind(f"User:{line.user}", "*", ACLOperation[line.operation], ACLPermissionType.ALLOW, resource)


def _resource(topic: Topic, configs: dict[str, str | None]) -> ConfigResource:
    return ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=configs)


def _kept(retention_ms: int) -> str:
    return "for ever" if retention_ms < 0 else f"for {retention_ms // 86_400_000} days"
