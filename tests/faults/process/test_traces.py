"""One request can be followed from its door to the company's endpoint: spans of three processes make one trace.

It stands here because the system is here: four services, their servers, and companies that write down what they get.
"""

import json
from pathlib import Path
from typing import Any

from tests.faults.system import System
from tests.support.waiting import wait_until

TRACED = ("enforcement-http", "enforcement-work", "notify-work")


def test_one_trace_leads_from_the_request_through_two_services_to_the_webhook(system: System, tmp_path: Path) -> None:
    isp = system.world.isp()
    agent = system.world.agent_with_cases([isp], cases=1)
    file = tmp_path / "spans.jsonl"
    for name in TRACED:
        system.restart(name, PHOIHOP_TRACES=f"file:{file}")
    system.wait_ready(*TRACED)
    before = len(isp.receiver.receipts)
    assert system.world.demand(agent.cases[0]).status < 300

    def attempt() -> dict[str, Any] | None:
        return next((one for one in spans(file) if one["name"] == "webhook attempt"), None)

    last = wait_until(attempt, 60, "the webhook's span is written")
    found = {one["context"]["span_id"]: one for one in spans(file)}
    way = [last]
    while way[-1]["parent_id"] is not None:
        way.append(found[way[-1]["parent_id"]])
    assert [(one["name"], one["kind"].split(".")[1], one["resource"]["attributes"]["service.name"]) for one in way] == [
        ("webhook attempt", "CLIENT", "notify"),
        ("handle enforcement.issue-termination-round", "INTERNAL", "enforcement"),
        ("POST /enforcement/v1/termination-rounds", "SERVER", "enforcement"),
    ]
    assert {one["context"]["trace_id"] for one in way} == {last["context"]["trace_id"]}
    receipt = isp.receiver.receipts[before]
    assert receipt.traceparent.split("-")[1:3] == [
        last["context"]["trace_id"].removeprefix("0x"), last["context"]["span_id"].removeprefix("0x"),
    ]  # fmt: skip
    sent = [one for one in spans(file) if one["name"] == "send enforcement.events.v1"]
    assert last["parent_id"] in {one["parent_id"] for one in sent}
    taken = [one for one in spans(file) if one["name"] == "consume notify.deliveries"]
    assert last["context"]["trace_id"] in {link["context"]["trace_id"] for one in taken for link in one["links"]}
    assert all(one["parent_id"] is None for one in taken)


def spans(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
