"""Inspection through its doors: officers over HTTP, the police's own system over Kafka."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT
from tests.integration.inspection.doors import Doors, agent, running_inspection
from tests.support.stack_fixture import Databases
from tests.support.waiting import wait_until

TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()


@pytest.fixture(scope="module")
def doors(servers: Servers, databases: Databases) -> Iterator[Doors]:
    with running_inspection(servers, databases) as running:
        yield running


def done(response: Any) -> dict[str, Any]:
    assert response.status_code in (200, 201), response.text
    body: dict[str, Any] = response.json()
    return body


def approved(doors: Doors) -> str:
    items = [{"area": "nam-sach", "quarter": 1, "visits": 3}]
    body = {"title": "Kế hoạch kiểm tra", "year": int(TODAY[:4]), "items": items}
    programme_id = str(done(doors.post("dic", "/programmes", body))["programme_id"])
    done(doors.post("dic", f"/programmes/{programme_id}/submission", {"letter_number": "21/TTr-STTTT"}))
    decision = {"decision_number": "310/QĐ-UBND", "decided_on": TODAY}
    done(doors.post("ppc", f"/programmes/{programme_id}/approval", decision))
    return programme_id


def planned(doors: Doors, invite: bool = True) -> str:
    registered = agent()
    doors.get("/inspections", after=doors.register(registered)).raise_for_status()
    body = {
        "programme_id": approved(doors),
        "form": "kiem-tra",
        "target_kind": "agent",
        "target_id": str(registered.agent_id),
        "planned_on": TODAY,
    }
    answer = done(doors.post("dic", "/inspections", body))
    assert (answer["lead"], answer["clause"]) == ("dic", "HD-2.1d1")
    inspection = f"/inspections/{answer['inspection_id']}"
    if invite:
        done(doors.post("dic", f"{inspection}/invitations", {"agency": "ppd"}))
    return str(answer["inspection_id"])


def police(doors: Doors, journal: Path, *words: str, timeout: str = "20") -> "subprocess.CompletedProcess[str]":
    secret = journal.parent / "password"
    secret.write_text(doors.servers.kafka.password("agency.ppd"))
    command = [str(doors.police), "examples/police/police.py", "--bootstrap", doors.servers.kafka.bootstrap_servers]
    command += ["--user", "agency.ppd", "--password-file", str(secret), "--journal", str(journal), "--timeout", timeout]
    return subprocess.run([*command, *words], cwd=CHECKOUT, capture_output=True, text=True, timeout=90, check=False)


def started(doors: Doors, journal: Path) -> str:
    inspection_id = planned(doors)
    said = police(doors, journal, "--expect", "accepted", "accept", inspection_id, "--officers", "2")
    assert said.returncode == 0, said.stdout + said.stderr
    done(doors.post("dic", f"/inspections/{inspection_id}/start", {"started_on": TODAY}))
    return inspection_id


def violation(inspection_id: str, category: str = "agent-without-contract", provision: str = "HD-5b") -> dict[str, str]:
    return {
        "inspection_id": inspection_id,
        "category": category,
        "provision": provision,
        "found_on": TODAY,
        "description": "Không xuất trình được hợp đồng đại lý.",
    }


def headers(kind: str, sent_id: str) -> dict[str, str]:
    return {
        "ce_specversion": "1.0",
        "ce_id": sent_id,
        "ce_type": f"inspection.{kind}",
        "ce_source": "/agencies/ppd",
        "ce_dataschema": f"urn:phoihop:schema:inspection.{kind}:1",
        "content-type": "application/json",
    }


@pytest.mark.clause("HD-2.3c1", "HD-2.1d1", "HD-2.6b")
def test_the_police_play_their_part_and_hear_to_whom_other_powers_are_reserved(doors: Doors, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    inspection_id = started(doors, journal)
    script = tmp_path / "script.json"
    approve = {"do": "approve", "programme_id": str(uuid4()), "decision_number": "1", "decided_on": TODAY}
    steps = [
        {"do": "violation", **violation(inspection_id), "expect": "accepted"},
        {
            "do": "conclude",
            "inspection_id": inspection_id,
            "concluded_on": TODAY,
            "expect": {"refused": "reserved-to-another"},
        },
        {**approve, "expect": {"refused": "reserved-to-another"}},
    ]
    script.write_text(json.dumps(steps))
    said = police(doors, journal, str(script))
    lines = said.stdout.splitlines()
    assert said.returncode == 0, said.stdout + said.stderr
    assert lines[0].endswith("accepted, by HD-2.3c1")
    assert "[reserved to dic by HD-2.1d1]" in lines[1]
    assert "[reserved to ppc by HD-2.6b]" in lines[2]

    done(doors.post("dic", f"/inspections/{inspection_id}/minutes", {"number": "07/BB-KT", "signed_on": TODAY}))
    ended = doors.post("dic", f"/inspections/{inspection_id}/conclusion", {"concluded_on": TODAY})
    assert done(ended)["violations"] == 1
    shown = done(doors.get(f"/inspections/{inspection_id}", after=ended.headers["After"]))
    assert (shown["state"], shown["target_name"], shown["violations"]) == ("concluded", "Đại lý Minh Anh", 1)
    assert [(one["agency"], one["answer"], one["officers"]) for one in shown["team"]] == [("ppd", "joined", 2)]
    assert shown["timeline"][-1]["position"] > shown["timeline"][0]["position"]


@pytest.mark.clause("HD-2.3d")
def test_after_a_breach_of_information_security_law_the_police_conclude_over_the_bus(
    doors: Doors, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    inspection_id = started(doors, journal)
    steps = [{"do": "violation", **violation(inspection_id, "information-security-breach", "HD-5c")}]
    (tmp_path / "finds.json").write_text(json.dumps(steps))
    assert police(doors, journal, "--expect", "accepted", str(tmp_path / "finds.json")).returncode == 0
    done(doors.post("dic", f"/inspections/{inspection_id}/minutes", {"number": "08/BB-KT", "signed_on": TODAY}))
    refused = doors.post("dic", f"/inspections/{inspection_id}/conclusion", {"concluded_on": TODAY})
    problem = refused.json()
    assert (refused.status_code, problem["reserved_to"], problem["clause"]) == (403, ["ppd"], "HD-2.3d")
    body = {"to_agency": "ppd", "reason": "Vi phạm quy định về an ninh thông tin"}
    done(doors.post("dic", f"/inspections/{inspection_id}/lead-transfer", body))
    said = police(doors, journal, "--expect", "accepted", "conclude", inspection_id, "--concluded-on", TODAY)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.fault("F32")
def test_a_second_run_of_the_police_sends_the_same_bytes_and_finds_the_stored_answers(
    doors: Doors, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    inspection_id = started(doors, journal)
    (tmp_path / "finds.json").write_text(json.dumps([{"do": "violation", **violation(inspection_id)}]))
    first = police(doors, journal, str(tmp_path / "finds.json"))
    sent = {file.name: file.read_bytes() for file in journal.glob("*.command.json")}
    for answer in journal.glob("*.answer.json"):
        answer.unlink()
    second = police(doors, journal, str(tmp_path / "finds.json"))
    assert (first.returncode, first.stdout) == (second.returncode, second.stdout)
    assert {file.name: file.read_bytes() for file in journal.glob("*.command.json")} == sent
    shown = done(doors.get("/violations", inspection_id=inspection_id))
    assert len(wait_until(lambda: shown["items"], 1, "the violation")) == 1


def test_a_command_sent_twice_gets_the_same_reply_and_another_body_under_its_id_is_refused(
    doors: Doors, tmp_path: Path
) -> None:
    inspection_id, sent_id = started(doors, tmp_path / "journal"), str(uuid4())
    value = json.dumps(violation(inspection_id)).encode()
    doors.send(value, headers("record-violation", sent_id))
    doors.send(value, headers("record-violation", sent_id))
    first, second = doors.reply_to(sent_id, count=2)
    assert first == second
    assert first["status"] == "accepted"
    doors.send(value.replace(b"HD-5b", b"HD-5a"), headers("record-violation", sent_id))
    third = doors.reply_to(sent_id, count=3)[-1]
    assert (third["status"], third["problem"]["code"]) == ("refused", "command-id-reused")


@pytest.mark.fault("F34")
@pytest.mark.parametrize(
    ("value", "change", "code"),
    [
        (b"not json", {}, None),
        (b'{"inspection_id": NaN}', {}, None),
        (b"[" * 5000, {}, None),
        (b'{"inspection_id": "\xff\xfe"}', {}, None),
        (b"{}", {"ce_type": "inspection.burn-down"}, "unknown-command"),
        (b"{}", {"ce_dataschema": "urn:phoihop:schema:inspection.record-violation:9"}, "unknown-command"),
        (b"{}", {"ce_type": "inspection.plan-inspection"}, "unknown-command"),
    ],
    ids=["not JSON", "NaN", "deep", "invalid UTF-8", "unknown type", "unknown version", "not over the bus"],
)
def test_what_cannot_be_read_on_the_command_topic_is_refused_with_an_answer(
    doors: Doors, value: bytes, change: dict[str, str], code: str | None
) -> None:
    sent_id = str(uuid4())
    doors.send(value, headers("record-violation", sent_id) | change)
    (reply,) = doors.reply_to(sent_id)
    assert reply["status"] == "refused"
    assert reply["problem"]["code"] == (code or reply["problem"]["code"])
    assert reply["problem"]["detail"]


@pytest.mark.clause("HD-2.6b")
def test_over_http_too_only_the_committee_approves_and_the_refusal_says_so(doors: Doors) -> None:
    body = {"title": "Kế hoạch", "year": 2026, "items": [{"area": "nam-sach", "quarter": 4, "visits": 1}]}
    programme_id = done(doors.post("dic", "/programmes", body))["programme_id"]
    refused = doors.post("dic", f"/programmes/{programme_id}/approval", {"decision_number": "1", "decided_on": TODAY})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (403, "reserved-to-another")
    assert (problem["reserved_to"], problem["clause"]) == (["ppc"], "HD-2.6b")
    assert "People's Committee" in problem["detail"]


def test_lists_over_http_take_days_and_refuse_what_they_do_not_know(doors: Doors, tmp_path: Path) -> None:
    inspection_id = planned(doors, invite=False)

    def ids(**parameters: str) -> list[str]:
        return [one["inspection_id"] for one in done(doors.get("/inspections", **parameters))["items"]]

    wait_until(lambda: inspection_id in ids(state="planned", **{"from": TODAY, "to": TODAY}), 5, "it in the list")
    assert ids(to="2001-01-01") == []
    assert doors.get("/inspections", **{"from": "tomorrow"}).status_code == 400
    assert doors.get("/inspections", colour="red").json()["code"] == "unknown-parameter"


def test_a_future_date_is_refused_with_its_own_code(doors: Doors, tmp_path: Path) -> None:
    inspection_id = started(doors, tmp_path / "journal")
    found = {name: text for name, text in violation(inspection_id).items() if name != "inspection_id"}
    refused = doors.post("dic", f"/inspections/{inspection_id}/violations", found | {"found_on": "2999-01-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "future-date")


def test_the_police_are_told_when_nobody_answers(doors: Doors, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong")
    command = [str(doors.police), "examples/police/police.py", "--bootstrap", doors.servers.kafka.bootstrap_servers]
    command += ["--password-file", str(secret), "--journal", str(tmp_path / "j"), "--timeout", "2"]
    said = subprocess.run(
        [*command, "accept", str(uuid4()), "--officers", "2"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (said.returncode, "could not be sent" in said.stderr) == (3, True)
