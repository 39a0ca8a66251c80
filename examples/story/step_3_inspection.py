"""The committee approves a programme; a joint team led by the Department visits agents; the police's own system takes
part over Kafka, and is told once to whom a power is reserved."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from examples.samples.generator import SampleAgent
from examples.story.cast import COMMITTEE, DEPARTMENT
from examples.story.stage import Stage, as_json

TITLE = "A joint team visits four agents; the police's own system takes part over the bus"

PROGRAMMES = "/inspection/v1/programmes"
INSPECTIONS = "/inspection/v1/inspections"
POLICE_LIMIT_S = 60


def play(stage: Stage) -> None:
    programme_id = _approved_programme(stage)
    inspections = [_plan(stage, programme_id, agent) for agent in stage.cast.visited]
    _police(stage, "police-accepts", [{"do": "accept", "inspection_id": one, "officers": 2} for one in inspections])
    for inspection_id in inspections:
        stage.see("the police in the team", type="inspection.team-member-confirmed", ref=inspection_id)
        _say(stage, inspection_id, "start", {"started_on": _today()})
    _police(stage, "police-finds", [
        *({
            "do": "violation", "inspection_id": one, "category": "agent-without-contract", "provision": "HD-5b",
            "found_on": _today(), "description": "Không xuất trình được hợp đồng đại lý hợp lệ (mẫu)",
        } for one in inspections[:2]),
        {"do": "conclude", "inspection_id": inspections[0], "concluded_on": _today(),
         "expect": "reserved-to-another"},
    ])  # fmt: skip
    for inspection_id in inspections[2:]:
        _say(stage, inspection_id, "violations", {
            "category": "agent-breaks-rules", "provision": "HD-5c", "found_on": _today(),
            "description": "Không niêm yết nội quy sử dụng dịch vụ (mẫu)",
        })  # fmt: skip
    for place, inspection_id in enumerate(inspections, 1):
        stage.see("the violation", type="inspection.violation-found", ref=inspection_id)
        _say(stage, inspection_id, "minutes", {"number": f"{place:02}/BB-KT", "signed_on": _today()})
        _say(stage, inspection_id, "conclusion", {"concluded_on": _today()})
        stage.see("the conclusion", type="inspection.inspection-concluded", ref=inspection_id)
    stage.tell("four visits concluded, four violations, two of them found by the police")


def _approved_programme(stage: Stage) -> str:
    areas = sorted({agent.area for agent in stage.cast.visited})
    drafted = stage.doors.ask("programme", DEPARTMENT, PROGRAMMES, lambda: {
        "title": "Chương trình thanh tra, kiểm tra đại lý Internet (mẫu)",
        "year": int(_today()[:4]),
        "items": [{"area": area, "quarter": 4, "visits": 10} for area in areas],
    })  # fmt: skip
    programme_id = str(drafted["programme_id"])
    path = f"{PROGRAMMES}/{programme_id}"
    stage.doors.ask(
        "programme-submission", DEPARTMENT, f"{path}/submission", lambda: {"letter_number": "112/TTr-STTTT"}
    )
    stage.doors.ask("programme-approval", COMMITTEE, f"{path}/approval", lambda: {
        "decision_number": "3901/QĐ-UBND", "decided_on": _today()
    })  # fmt: skip
    stage.see("the approval", type="inspection.programme-approved", ref=programme_id)
    stage.tell("the programme is approved by the provincial People's Committee (HD-2.6b)")
    return programme_id


def _plan(stage: Stage, programme_id: str, agent: SampleAgent) -> str:
    number = agent.certificate_number
    planned = stage.doors.ask(f"inspection-{number}", DEPARTMENT, INSPECTIONS, lambda: {
        "programme_id": programme_id,
        "form": "kiem-tra",
        "target_kind": "agent",
        "target_id": stage.agent(agent)["agent_id"],
        "planned_on": _today(),
    }, again_on=("unknown-target",))  # fmt: skip
    inspection_id = str(planned["inspection_id"])
    stage.journal.keep(f"inspection-of-{number}", {"inspection_id": inspection_id})
    stage.doors.ask(f"invite-{number}", DEPARTMENT, f"{INSPECTIONS}/{inspection_id}/invitations", lambda: {
        "agency": "ppd"
    })  # fmt: skip
    return inspection_id


def _say(stage: Stage, inspection_id: str, what: str, body: dict[str, Any]) -> None:
    stage.doors.ask(f"{what}-{inspection_id}", DEPARTMENT, f"{INSPECTIONS}/{inspection_id}/{what}", lambda: body)


def _police(stage: Stage, name: str, script: list[dict[str, Any]]) -> None:
    """The police's program, with its own Python, its own journal and its own Kafka user."""
    environment = stage.environment
    text = stage.journal.sent(f"{name}.json", lambda: as_json(script).encode()).decode()
    code, said = stage.run(
        name,
        [
            "examples/police/police.py",
            "--bootstrap", environment["KAFKA_BOOTSTRAP_SERVERS"],
            "--user", environment["PHOIHOP_KAFKA_USER_PPD"],
            "--password-file", str(stage.private_file("police-password", environment["PHOIHOP_KAFKA_PASSWORD_PPD"])),
            "--journal", str(stage.journal.folder / "police" / name),
            "play", str(stage.private_file(f"{name}.json", text)),
        ],
        environment["PHOIHOP_POLICE_PYTHON"],
        POLICE_LIMIT_S,
    )  # fmt: skip
    for line in said.splitlines():
        stage.tell(f"police: {line}")
    if code != 0:
        raise RuntimeError(f"the police's program did not get the answers it expects (exit code {code})")


def _today() -> str:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()
