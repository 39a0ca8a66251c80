"""What one service's fact brought about in another, and at the companies' endpoints: each effect is there, once."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid5

from contracts.envelope import PHOIHOP
from tests.support.checker_log import CheckedService
from tests.support.misbehaving import Receiver

CARRIED = ("enforcement.contract-termination-demanded", "enforcement.line-cut-requested", "enforcement.order-withdrawn")
TEST_MESSAGE = "notify.endpoint-test"


def doubled_effects(services: Iterable[CheckedService]) -> list[str]:
    """I2: what followed from one event or command is in no log twice."""
    found = []
    for service in services:
        made = Counter(
            (fact.cause, fact.envelope.type, fact.envelope.stream_id, fact.envelope.data) for fact in service.facts
        )
        found += [
            f"{service.name}: {kind} of {stream} follows {times} times from {cause}"
            for (cause, kind, stream, _), times in made.items()
            if times > 1
        ]
    return found


def broken_chains_of_events(services: Mapping[str, CheckedService]) -> list[str]:
    """A violation is a case; a confirmed end of a contract is entered in the register."""
    if not {"inspection", "enforcement", "registry"} <= services.keys():
        return []
    violations = _values(services["inspection"], "inspection.violation-found", "violation_id")
    opened = _values(services["enforcement"], "enforcement.case-opened", "case_id")
    found = _compare("cases", Counter(str(uuid5(PHOIHOP, f"case/{one}")) for one in violations), Counter(opened))
    executed = Counter(
        str(fields["order_id"])
        for fields in _of_type(services["enforcement"], "enforcement.order-executed")
        if fields["kind"] == "contract-termination"
    )
    ended = Counter(_values(services["registry"], "registry.contract-terminated", "order_id"))
    return found + _compare("terminations in the register", executed, ended)


def wrong_deliveries(services: Mapping[str, CheckedService], receivers: Iterable[Receiver]) -> list[str]:
    """I3, I7: every demand was received, verified, with stable bytes, in the order of its order, and told of once."""
    receivers = list(receivers)
    if "enforcement" not in services or "notify" not in services or not receivers:
        return []
    places = {
        str(uuid5(fact.envelope.event_id, "webhook")): (str(fact.envelope.stream_id), fact.envelope.stream_version)
        for fact in services["enforcement"].facts
        if fact.envelope.type in CARRIED
    }
    told = Counter(_values(services["notify"], "notify.webhook-delivered", "message_id"))
    found = _compare("delivered messages", Counter(places.keys()), told)
    accepted = Counter(
        receipt.message_id
        for receiver in receivers
        for receipt in receiver.receipts
        if receipt.status == 200 and receipt.message_id in places
    )
    found += [f"message {one} of order {places[one][0]} was never accepted" for one in places.keys() - accepted.keys()]
    return found + [line for receiver in receivers for line in _of_receiver(receiver, places)]


def _of_receiver(receiver: Receiver, places: Mapping[str, tuple[str, int]]) -> list[str]:
    bodies: dict[str, set[bytes]] = defaultdict(set)
    versions: dict[str, list[int]] = defaultdict(list)
    found = []
    for receipt in receiver.receipts:
        if receipt.content["type"] == TEST_MESSAGE:
            continue
        if not receipt.verified:
            found.append(f"{receiver.path}: the signature of {receipt.message_id} does not hold")
        if receipt.message_id not in places:
            found.append(f"{receiver.path}: {receipt.message_id} comes from no event of the log")
            continue
        bodies[receipt.message_id].add(receipt.body)
        order, version = places[receipt.message_id]
        versions[order].append(version)
    found += [
        f"{receiver.path}: {one} came with {len(of)} different bodies" for one, of in bodies.items() if len(of) > 1
    ]
    found += [
        f"{receiver.path}: order {order} was told in the order {met}"
        for order, met in versions.items()
        if met != sorted(met)
    ]
    return found


def _of_type(service: CheckedService, kind: str) -> list[dict[str, Any]]:
    """The fields of every event of that type."""
    return [json.loads(fact.envelope.data) for fact in service.facts if fact.envelope.type == kind]


def _values(service: CheckedService, kind: str, field: str) -> list[str]:
    return [str(fields[field]) for fields in _of_type(service, kind) if fields[field] is not None]


def _compare(what: str, expected: Counter[str], found: Counter[str]) -> list[str]:
    return [f"{what}: {one} is there {found[one]} times" for one in (expected | found) if found[one] != expected[one]]
