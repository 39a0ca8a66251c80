"""What an agency's system reads on its reply topic.

Headers: ce_specversion, ce_id (derives from the command's id: the same command, the same reply), ce_type
(`<service>.command-accepted` or `-refused`), ce_source, ce_dataschema, ce_causation (the `ce_id` that was sent, or the
place of the message if it had none that can be used), ce_correlationid, content-type; of a refusal content-language.

Value, JSON:
    {"status": "accepted", "command": <ce_id as sent>, "response": {…}, "after": "<stream>@<version>" | null}
    {"status": "refused",  "command": <ce_id as sent>, "problem": {"type", "code", "title", "status", "detail", …}}
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from chassis.store.decision import Answer, OutboxMessage
from contracts.problem_texts import ENGLISH, Language
from contracts.refusals import Refusal
from contracts.reply import SCHEMA

LARGEST_PROBLEM = 65_536
"""Characters; with what is around it far below what Kafka takes."""
LONGEST_DETAIL = 1_000


@dataclass(frozen=True, slots=True)
class Reply:
    """`value` is JSON-ready; both parts are kept as they are, so that a repeated command reads the same bytes."""

    headers: list[tuple[str, str]]
    value: dict[str, Any]

    def message(self, topic: str) -> OutboxMessage:
        body = json.dumps(self.value, ensure_ascii=False, separators=(",", ":")).encode()
        return OutboxMessage(topic, None, self.headers, body)

    def stored(self) -> str:
        """For `inbox.reply`."""
        return json.dumps({"headers": self.headers, "value": self.value})

    @classmethod
    def from_stored(cls, text: str) -> "Reply":
        found = json.loads(text)
        return cls([(name, value) for name, value in found["headers"]], found["value"])


@dataclass(frozen=True, slots=True)
class Asked:
    """Which command a reply answers."""

    service: str
    command_id: UUID
    sent_id: str
    """`ce_id` as sent, or the place of the message."""
    correlation_id: UUID
    language: Language = ENGLISH
    """What the sender reads best: header `accept-language` of the command."""


def accepted(asked: Asked, answer: Answer) -> Reply:
    """The command was carried out, now or before."""
    value = {"status": "accepted", "command": asked.sent_id, "response": answer.response, "after": answer.after}
    return Reply(_headers(asked, "accepted", "reply"), value)


def refused(asked: Asked, refusal: Refusal, label: str = "reply") -> Reply:
    """`label` tells replies apart that answer different messages under one id."""
    problem = _of_a_size(json.loads(json.dumps(refusal.document(asked.language), default=str)))
    headers = [*_headers(asked, "refused", label), ("content-language", asked.language)]
    return Reply(headers, {"status": "refused", "command": asked.sent_id, "problem": problem})


def _of_a_size(problem: dict[str, Any]) -> dict[str, Any]:
    """What is too large repeats names that were sent: without its members, and `detail` cut off, it can be sent."""
    if len(json.dumps(problem)) <= LARGEST_PROBLEM:
        return problem
    return {name: problem[name] for name in ("type", "code", "title", "status")} | {
        "detail": problem["detail"][:LONGEST_DETAIL] + "…"
    }


def _headers(asked: Asked, outcome: str, label: str) -> list[tuple[str, str]]:
    kind = f"{asked.service}.command-{outcome}"
    return [
        ("ce_specversion", "1.0"),
        ("ce_id", str(uuid5(asked.command_id, label))),
        ("ce_type", kind),
        ("ce_source", f"/{asked.service}"),
        ("ce_dataschema", SCHEMA),
        ("ce_causation", asked.sent_id),
        ("ce_correlationid", str(asked.correlation_id)),
        ("content-type", "application/json"),
    ]
