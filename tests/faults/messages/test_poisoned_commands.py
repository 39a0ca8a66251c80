"""Messages on an agency's command topic that nobody can read: each is answered with its reason, and what follows is
dealt with. The police's own system speaks, as the user that Kafka lets write there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from chassis.kafka.clients import KafkaError, KafkaProducer, KafkaSettings, TopicPartition
from contracts.commands.inspection import AcceptInvitation
from contracts.topics import agency_user, commands_topic, replies_topic
from tests.faults.doses import dose, rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

KIND = AcceptInvitation.message_type
NOBODY = "00000000-0000-0000-0000-000000000000"
POISON: Mapping[str, tuple[bytes | None, str]] = {
    "not JSON": (b"{", "malformed"),
    "not an object": (b"[]", "malformed"),
    "wrong schema": (b'{"inspection_id": 7, "officers": "many"}', "wrong-type"),
    "unknown field": (b'{"inspection_id": "%s", "officers": 2, "rank": 1}' % NOBODY.encode(), "unknown-field"),
    "NaN": (b'{"inspection_id": "%s", "officers": NaN}' % NOBODY.encode(), "number-unusable"),
    "deep nesting": (b'{"officers": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested-too-deep"),
    "duplicate keys": (b'{"inspection_id": "%s", "officers": 1, "officers": 2}' % NOBODY.encode(), "duplicate-key"),
    "invalid UTF-8": (b'{"inspection_id": "\xff"}', "not-utf-8"),
    "nothing": (None, "malformed"),
}


@dataclass
class Police:
    """The agency's own system: it sends, and reads its replies."""

    settings: KafkaSettings
    producer: KafkaProducer
    sent: int = 0
    replies: list[dict[str, Any]] = field(default_factory=list)

    def send(self, value: bytes | None, ce_id: str | None = None, **headers: bytes) -> str:
        """Answers the id under which the reply will speak of it."""
        ce_id = ce_id or str(uuid4())
        sent = {
            "ce_id": ce_id.encode(),
            "ce_type": KIND.encode(),
            "ce_dataschema": f"urn:phoihop:schema:{KIND}:1".encode(),
            **headers,
        }
        topic = commands_topic("inspection", "ppd")
        self.producer.send(topic, value, key=b"ppd", headers=list(sent.items()), partition=0).get(timeout=20)
        self.sent += 1
        return ce_id

    def answers(self) -> Mapping[str, list[dict[str, Any]]]:
        """Waits until every message has its reply; by the id that was sent."""
        place = TopicPartition(replies_topic("inspection", "ppd"), 0)
        with closing(self.settings.consumer()) as consumer:
            consumer.assign([place])
            consumer.seek(place, self._begin)
            found: list[Any] = []

            def all_there() -> bool:
                for records in consumer.poll(timeout_ms=200).values():
                    found.extend(records)
                return len(found) >= self.sent

            wait_until(all_there, 30, "every command is answered")
        by_id: dict[str, list[dict[str, Any]]] = {}
        for record in found:
            value = json.loads(record.value)
            by_id.setdefault(value["command"], []).append({"id": dict(record.headers)["ce_id"], **value})
        return by_id

    def __post_init__(self) -> None:
        place = TopicPartition(replies_topic("inspection", "ppd"), 0)
        with closing(self.settings.consumer()) as consumer:
            self._begin = consumer.end_offsets([place])[place]


@contextmanager
def police_of(system: System) -> Iterator[Police]:
    kafka, user = system.stack.servers.kafka, agency_user("ppd")
    settings = KafkaSettings(kafka.bootstrap_servers, user, kafka.password(user))
    with closing(settings.producer(linger_ms=0)) as producer:
        yield Police(settings, producer)


@pytest.mark.fault("F13", "F34")
def test_each_poisoned_command_is_answered_with_its_reason_and_what_follows_is_dealt_with(system: System) -> None:
    inspection = system.world.inspection_with_invitation("ppd")
    before = events_of(system)
    with police_of(system) as police:
        expected = {police.send(value): code for _ in rounds("F34", "rounds") for value, code in POISON.values()}
        expected[police.send(b"{}", ce_type=b"inspection.make-tea")] = "unknown-command"
        expected[police.send(b"{}", ce_dataschema=b"urn:phoihop:schema:x:99999999999")] = "malformed"
        well = police.send(json.dumps({"inspection_id": inspection, "officers": 2}).encode())
        with pytest.raises(KafkaError, match="MessageSizeTooLarge"):
            police.send(b"x" * 10 * 1024 * 1024)
        answers = police.answers()
    found = {sent: [answer["problem"]["code"] for answer in answers[sent]] for sent in expected}
    assert {sent: [code] for sent, code in expected.items()} == found
    assert [answer["status"] for answer in answers[well]] == ["accepted"]
    system.check()
    assert events_of(system) == before + 1, "of all these one had an effect"


@pytest.mark.fault("F32")
def test_a_command_sent_five_times_gets_one_answer_five_times_and_has_one_effect(system: System) -> None:
    inspection = system.world.inspection_with_invitation("ppd")
    before = events_of(system)
    value = json.dumps({"inspection_id": inspection, "officers": 3}).encode()
    with police_of(system) as police:
        ce_id, copies = str(uuid4()), dose("F32", "most_copies")
        for _ in range(copies):
            police.send(value, ce_id)
        answers: Sequence[dict[str, Any]] = police.answers()[ce_id]
    assert len(answers) == copies
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["status"] == "accepted"
    system.check()
    assert events_of(system) == before + 1


def events_of(system: System) -> int:
    return int(system.service("inspection").value("select count(*) from public.event"))
