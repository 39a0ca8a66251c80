"""What clients were told, held against the log: ok is there once, fail is not there, info at most once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from tests.support.checker_log import CheckedService, Fact
from tests.support.load import Call, Outcome

STORED = "select command_id, response::text from public.command where command_id = any(%s::uuid[])"


def broken_promises(service: CheckedService, calls: Iterable[Call]) -> list[str]:
    """Looks at the calls of this service. A command over HTTP is the cause of its events."""
    calls = [call for call in calls if call.service == service.name]
    by_cause: dict[UUID, list[Fact]] = defaultdict(list)
    for fact in service.facts:
        by_cause[fact.cause].append(fact)
    stored = {
        command: json.loads(response) for command, response in service.rows(STORED, [call.command_id for call in calls])
    }
    answers: dict[UUID, Mapping[str, Any]] = {}
    found = []
    for call in calls:
        events = by_cause.get(call.command_id, [])
        match call.outcome:
            case Outcome.OK:
                found += _of_accepted(call, events, stored.get(call.command_id))
                if answers.setdefault(call.command_id, call.answer) != call.answer:
                    found.append(f"{call.path}: the same command got two answers")
            case Outcome.FAIL if call.command_id in stored:
                if call.answer.get("code") != "command-id-reused":
                    found.append(f"{call.path}: refused with {call.status}, and yet it is in the log")
            case Outcome.INFO if bool(events) != (call.command_id in stored):
                found.append(f"{call.path}: half done: events without an answer, or an answer without events")
        if _is_doubled(events):
            found.append(f"{call.path}: its events are doubled")
    return found


def _of_accepted(call: Call, events: list[Fact], stored: Mapping[str, Any] | None) -> list[str]:
    if stored is None:
        return [f"{call.path}: accepted ({call.command_id}) and not stored"]
    found = []
    if not stored["response"].items() <= call.answer.items():
        found.append(f"{call.path}: answered {dict(call.answer)}, stored {stored['response']}")
    heads: dict[UUID, int] = {}
    for fact in events:
        heads[fact.envelope.stream_id] = max(heads.get(fact.envelope.stream_id, 0), fact.envelope.stream_version)
    if not dict(call.after).items() <= heads.items() or bool(heads) != bool(call.after):  # told is one a partition
        found.append(f"{call.path}: told {dict(call.after)}, the log has {heads}")
    return found


def _is_doubled(events: list[Fact]) -> bool:
    places = {(fact.envelope.stream_id, fact.envelope.stream_version) for fact in events}
    facts = {(fact.envelope.stream_id, fact.envelope.type, fact.envelope.data) for fact in events}
    return len(places) < len(events) or len(facts) < len(events)
