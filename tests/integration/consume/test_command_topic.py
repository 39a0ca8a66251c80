"""An agency's own system asks over its topic and reads an answer to everything it sent."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from chassis.consume.command_topic import LARGEST, CommandTopic
from chassis.consume.consumer import Consumer
from chassis.consume.loop import ConsumerLoop
from chassis.identity.principal import agency_system
from chassis.store.commands import Decision, command_id_of
from tests.conformance.counter.domain import Count
from tests.integration.consume.rig import Rig

COMMANDS, REPLIES = "counter.commands.ppd.v1", "counter.replies.ppd.v1"
COUNTER = UUID("8d8ac610-566d-4ef0-9c22-186b2a5ed793")


class Agency:
    """What stands on the other side of the two topics."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        rig.cluster.create_topic(COMMANDS)
        member = CommandTopic("ppd", rig.commands, accepts=[Count])
        assert member.topic == COMMANDS
        self.consumer = Consumer("counter.commands", (COMMANDS,), member)
        self.loop = self.start()

    def start(self) -> ConsumerLoop:
        self.loop = self.rig.loop(self.consumer)
        return self.loop

    def send(self, value: bytes | dict[str, Any] | None, *, drop: str = "", **headers: str | bytes) -> None:
        found: dict[str, str | bytes] = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid4()),
            "ce_type": "counter.count",
            "ce_dataschema": "urn:phoihop:schema:counter.count:1",
        } | headers
        found.pop(drop, None)
        body = json.dumps(value).encode() if isinstance(value, dict) else value
        pairs = [(name, text if isinstance(text, bytes) else text.encode()) for name, text in found.items()]
        self.rig.cluster.send(COMMANDS, 0, body, headers=pairs)

    def replies(self) -> list[tuple[dict[str, str], dict[str, Any]]]:
        """Everything answered so far; lets the service work first."""
        self.rig.settle(self.loop, steps=2)
        found = self.rig.rows("select topic, headers::text, value from outbox order by no")
        assert {topic for topic, _, _ in found} <= {REPLIES}
        return [(dict(json.loads(headers)), json.loads(bytes(value))) for _, headers, value in found]

    def answer(self) -> dict[str, Any]:
        """The last reply's value."""
        return self.replies()[-1][1]


@pytest.fixture
def agency(rig: Rig) -> Iterator[Agency]:
    return Agency(rig)


def test_an_accepted_command_is_answered_with_what_it_brought_about(agency: Agency, rig: Rig):
    agency.send({"counter_id": str(COUNTER), "by": 3}, ce_id="visit-7", ce_correlationid=str(COUNTER))
    [(headers, value)] = agency.replies()
    command_id = command_id_of(agency_system("ppd"), "visit-7")
    assert value == {
        "status": "accepted",
        "command": "visit-7",
        "response": {"total": 3},
        "after": f"{COUNTER}@1",
    }
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": str(uuid5(command_id, "reply")),
        "ce_type": "counter.command-accepted",
        "ce_source": "/counter",
        "ce_dataschema": "urn:phoihop:schema:reply:1",
        "ce_causation": "visit-7",
        "ce_correlationid": str(COUNTER),
        "content-type": "application/json",
    }
    assert rig.rows("select metadata->>'actor', metadata->>'agency', metadata->>'correlation_id' from event") == [
        ("agency:ppd", "ppd", str(COUNTER))
    ]


@pytest.mark.fault("F32", "F36")
def test_the_same_command_sent_again_gets_the_same_answer_and_changes_nothing(agency: Agency, rig: Rig):
    for _ in range(3):
        agency.send({"counter_id": str(COUNTER), "by": 3}, ce_id="visit-7")
    first, *others = agency.replies()
    assert others == [first, first]
    assert rig.rows("select version from stream") == [(1,)]


def test_a_refusal_is_answered_and_the_same_answer_comes_again(agency: Agency, rig: Rig):
    agency.send({"counter_id": str(COUNTER), "by": 999_999})
    for _ in range(2):
        agency.send({"counter_id": str(COUNTER), "by": 7}, ce_id="too-much")
    _, second, third = agency.replies()
    assert second == third
    assert second[1]["status"] == "refused"
    assert second[1]["problem"]["code"] == "counter-is-full"
    assert second[1]["problem"]["status"] == 409
    assert second[0]["ce_type"] == "counter.command-refused"


def test_a_refused_command_stays_refused_even_if_it_would_be_accepted_by_now(agency: Agency, rig: Rig):
    agency.send({"counter_id": str(COUNTER), "by": 999_999})
    agency.send({"counter_id": str(COUNTER), "by": 7}, ce_id="too-much")
    refused = agency.replies()[-1]
    assert rig.rows("select version from stream") == [(1,)], "it changed nothing"
    rig.commands.handlers = {Count: lambda *_: Decision(response={"total": 0})}  # by now everything is accepted
    agency.send({"counter_id": str(COUNTER), "by": 7}, ce_id="too-much")
    assert agency.replies()[-1] == refused
    agency.send({"counter_id": str(uuid4()), "by": 7}, ce_id="too-much")
    assert agency.answer()["problem"]["code"] == "command-id-reused"


def test_an_id_used_for_another_command_is_refused_and_the_first_keeps_its_answer(agency: Agency):
    agency.send({"counter_id": str(COUNTER), "by": 3}, ce_id="visit-7")
    agency.send({"counter_id": str(COUNTER), "by": 4}, ce_id="visit-7")
    agency.send(b"{", ce_id="visit-7")
    agency.send({"counter_id": str(COUNTER), "by": 3}, ce_id="visit-7")
    first, second, third, fourth = agency.replies()
    assert second[1]["problem"]["code"] == third[1]["problem"]["code"] == "command-id-reused"
    assert len({headers["ce_id"] for headers, _ in (first, second, third)}) == 3
    assert first == fourth


def test_a_refusal_that_would_repeat_more_than_kafka_takes_is_told_in_short(agency: Agency):
    agency.send({f"{'unknown' * 1_000}{number}": 1 for number in range(120)}, ce_id="many")
    agency.send({"counter_id": str(COUNTER), "by": 1, "x" * 900_000: 1}, ce_id="long")
    for (_, value), code in zip(agency.replies(), ("invalid", "unknown-field"), strict=True):
        assert value["problem"]["code"] == code
        assert len(json.dumps(value)) < 10_000


def command(**fields: Any) -> dict[str, Any]:
    return {"counter_id": str(COUNTER), "by": 1} | fields


POISON: dict[str, tuple[bytes | dict[str, Any] | None, dict[str, Any], str]] = {
    "not JSON": (b"{", {}, "malformed"),
    "nothing": (None, {}, "malformed"),
    "a list": (b"[]", {}, "malformed"),
    "not UTF-8": (b'{"by": "\xff"}', {}, "not-utf-8"),
    "NaN": (b'{"counter_id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "by": NaN}', {}, "number-unusable"),
    "deep nesting": (b'{"by": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", {}, "nested-too-deep"),
    "a key twice": (b'{"by": 1, "by": 2}', {}, "duplicate-key"),
    "an unknown field": (command(more=1), {}, "unknown-field"),
    "a missing field": ({"by": 1}, {}, "missing-field"),
    "a wrong type": (command(by="much"), {}, "wrong-type"),
    "a value out of range": (command(by=0), {}, "invalid"),
    "too large": (b'{"by": "' + b"x" * LARGEST + b'"}', {}, "body-too-large"),
    "an unknown type": (command(), {"ce_type": "counter.explode"}, "unknown-command"),
    "an unknown version": (command(), {"ce_dataschema": "urn:phoihop:schema:counter.count:2"}, "unknown-command"),
    "a version that is no number": (command(), {"ce_dataschema": "urn:x:counter.count:latest"}, "malformed"),
    "no type": (command(), {"drop": "ce_type"}, "malformed"),
    "no schema": (command(), {"drop": "ce_dataschema"}, "malformed"),
    "no id": (command(), {"drop": "ce_id"}, "malformed"),
    "an id of bytes": (command(), {"ce_id": b"\xff\x00"}, "malformed"),
    "an endless id": (command(), {"ce_id": "x" * 201}, "malformed"),
}


@pytest.mark.fault("F34")
@pytest.mark.parametrize("what", POISON)
def test_poison_is_refused_with_an_answer_and_what_follows_is_dealt_with(agency: Agency, rig: Rig, what: str):
    value, headers, code = POISON[what]
    agency.send(value, **headers)
    agency.send(command())
    (_, refused), (_, accepted) = agency.replies()
    assert (refused["status"], refused["problem"]["code"]) == ("refused", code)
    assert refused["problem"]["detail"]
    assert accepted["status"] == "accepted"
    assert rig.rows("select count(*) from parked") == [(0,)]
    assert rig.rows("select version from stream") == [(1,)]


def test_a_refusal_is_worded_in_the_language_of_the_command(agency: Agency, rig: Rig):
    agency.send({}, **{"accept-language": "vi"})
    [(headers, value)] = agency.replies()
    assert headers["content-language"] == "vi"
    assert (value["problem"]["code"], value["problem"]["title"]) == ("missing-field", "Thiếu trường")
    assert {one["reason"] for one in value["problem"]["errors"]} == {"thiếu trường bắt buộc"}


def test_without_a_usable_id_the_place_of_the_message_is_its_key(agency: Agency, rig: Rig):
    agency.send(command(), drop="ce_id")
    [(headers, value)] = agency.replies()
    place = f"{rig.cluster.topics[COMMANDS].topic_id}/0/0"
    assert (headers["ce_causation"], value["command"]) == (place, place)


@pytest.mark.fault("F32")
def test_a_restart_answers_nothing_twice(agency: Agency):
    for number in range(5):
        agency.send(command(by=number + 1), ce_id=f"visit-{number}")
    before = agency.replies()
    agency.loop.close()
    agency.start()
    assert agency.replies() == before


@pytest.mark.fault("F27")
def test_a_topic_made_again_is_read_from_its_beginning(agency: Agency, rig: Rig):
    agency.send(command(), ce_id="visit-1")
    agency.send(command(), ce_id="visit-2")
    agency.replies()
    rig.cluster.delete_topic(COMMANDS)
    rig.cluster.create_topic(COMMANDS)
    agency.send(command(), ce_id="visit-2")
    agency.send(command(), ce_id="visit-3")
    rig.settle(agency.loop)
    rig.clock.advance(10)
    assert [value["command"] for _, value in agency.replies()] == ["visit-1", "visit-2", "visit-2", "visit-3"]
    assert rig.rows("select version from stream") == [(3,)]


def test_text_that_cannot_be_stored_is_refused(agency: Agency):
    agency.send(b'{"counter_id": "\\u0000", "by": 1}')
    assert agency.answer()["problem"]["code"] == "wrong-type"
