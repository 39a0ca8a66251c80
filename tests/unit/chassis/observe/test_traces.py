"""Spans: off, nothing of OpenTelemetry is there; on, each is a line of JSON with the right parent."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ELSEWHERE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OFF = f"""
import sys
from chassis.observe import traces
traces.start("off", "toy", "work")
with traces.span("anything", "{PARENT}") as here:
    print(here, traces.is_on(), any(name.startswith("opentelemetry") for name in sys.modules))
"""
ON = f"""
import sys
from uuid import UUID
from chassis.observe import traces
from contracts.envelope import Metadata
traces.start("file:" + sys.argv[1], "toy", "work")
def written(traceparent):
    there = Metadata(actor="a", correlation_id=UUID(int=1), causation_id=UUID(int=1), traceparent=traceparent)
    return traces.continued(there).traceparent
with traces.span("request", "{PARENT}", "server"):
    with traces.span("handle", "{PARENT}") as here:
        print(here, written("{PARENT}"), written("{ELSEWHERE}"))
    with traces.span("foreign", "{ELSEWHERE}", "client"):
        pass
with traces.span("batch", None, "consumer", links=["{PARENT}", "{ELSEWHERE}"], messages=2):
    pass
with traces.span("replay", None, "consumer", links=["{PARENT}"], anew=True) as replayed:
    with traces.span("tried again", "{PARENT}") as again:
        print(replayed, again, written("{PARENT}"))
traces.end(traces.begin("send", ["{PARENT}"]))
"""


def run(program: str, *arguments: str) -> list[str]:
    """What a fresh process prints: switching traces on is for the life of a process."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()


def test_switched_off_the_context_goes_through_and_nothing_is_imported() -> None:
    assert run(OFF) == [PARENT, "False", "False"]


def test_switched_on_parents_follow_the_trace_and_other_traces_are_links(tmp_path: Path) -> None:
    file = tmp_path / f"{uuid4()}.jsonl"
    here, written, elsewhere, replayed, again, written_again = run(ON, str(file))
    spans: dict[str, dict[str, Any]] = {one["name"]: one for one in map(json.loads, file.read_text().splitlines())}
    assert set(spans) == {"request", "handle", "foreign", "batch", "send", "replay", "tried again"}
    assert spans["request"]["parent_id"] == spans["send"]["parent_id"] == "0xb7ad6b7169203331"
    assert spans["handle"]["parent_id"] == spans["request"]["context"]["span_id"]
    assert spans["foreign"]["parent_id"] == "0x00f067aa0ba902b7"
    assert spans["batch"]["parent_id"] is None
    assert {one["context"]["trace_id"][2:] for one in spans["batch"]["links"]} == {
        PARENT.split("-")[1], ELSEWHERE.split("-")[1],
    }  # fmt: skip
    assert spans["replay"]["parent_id"] is None
    assert [one["context"]["trace_id"][2:] for one in spans["replay"]["links"]] == [PARENT.split("-")[1]]
    assert spans["tried again"]["parent_id"] == spans["replay"]["context"]["span_id"]
    assert written_again == again
    assert replayed.split("-")[1] == again.split("-")[1] != PARENT.split("-")[1]
    assert here == written
    assert here.split("-")[2] == spans["handle"]["context"]["span_id"][2:]
    assert elsewhere == ELSEWHERE
    assert spans["request"]["resource"]["attributes"]["service.name"] == "toy"
