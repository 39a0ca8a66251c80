"""A company files its list of agents (HD-3b): good rows stand as claims, bad ones are named, a crash loses nothing."""

import hashlib
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import requests

from examples.samples.generator import generate
from examples.samples.workbook import workbook as sample_workbook
from services.registry.domain.natural_keys import agent_id
from services.registry.sheets.workbook import MIB
from tests.integration.registry.conftest import key_of, refused
from tests.support.waiting import wait_until
from tests.unit.registry.sheets import row, with_part, workbook

pytestmark = pytest.mark.clause("HD-3b")


@pytest.fixture(scope="module")
def sample_telecoms(register):
    """The two telecom companies that the samples' lines belong to."""
    samples = generate(52)
    for company in samples.of_kind("telecom"):
        register.do("/providers", json={"code": company.code, "name": company.name, "kinds": ["telecom"]})
    return samples


def rows(telecom, count, mark=None):
    mark = mark or uuid4().hex[:6]
    return [
        row(n, certificate=f"{mark}{n:05}", contract=f"{n}/{mark}", line_number=f"{mark}-{n}", telecom=telecom.name)
        for n in range(1, count + 1)
    ]


def agent_of(mark, number):
    """The stream of the agent in that row."""
    return agent_id("hai-duong", f"{mark}{number:05}", "", "", "")


def test_a_sample_list_is_filed(register, isp, sample_telecoms):
    content = sample_workbook(sample_telecoms, "mau-song-thai", "2026-10")
    filed = register.file_list(isp, content)
    assert filed.status_code == 201, filed.text
    answer = filed.json()
    assert (answer["good"], answer["bad"], answer["duplicates"]) == (12, 1, 1)
    assert [(problem["row"], problem["column"]) for problem in answer["problems"]] == [(18, "F")]
    assert answer["sha256"] == hashlib.sha256(content).hexdigest()

    shown = {found["business_certificate_number"]: found for found in register.agents_of(isp, 12)}
    expected = sample_telecoms.agents_of("mau-song-thai")
    assert shown.keys() == {agent.certificate_number for agent in expected}
    for agent in expected:
        found = shown[agent.certificate_number]
        assert (found["name"], found["area"], found["state"]) == (agent.name, agent.area, "reported")
        assert (found["reported_by"], found["reported_month"]) == (str(isp.provider_id), "2026-10")
        assert [("claimed", agent.contract_number)] == [(c["state"], c["number"]) for c in found["contracts"]]
        assert {("claimed", line.number) for line in agent.lines} == {
            (li["state"], li["number"]) for li in found["lines"]
        }
        assert all(line["telecom_id"] for line in found["lines"])

    ((received, metadata),) = register.events("registry.agent-list-received", list_id=answer["list_id"])
    assert {name: value for name, value in answer.items() if name != "problems"} == received
    assert (metadata["actor"], metadata["clause"]) == (f"company:{isp.provider_id}", "HD-3b")


def test_an_officer_confirms_what_a_company_claims(register, isp, telecom):
    register.file_list(isp, workbook(*rows(telecom, 1)))
    (claimed,) = register.agents_of(isp, 1)
    papers = {name: claimed[name] for name in ("agent_id", "name", "owner_name", "address", "area")}
    papers |= {"business_certificate_number": claimed["business_certificate_number"], "holder_kind": "household"}
    door = f"/agents/{claimed['agent_id']}"
    register.do("/agents", json=papers)
    claim, line = claimed["contracts"][0], claimed["lines"][0]
    contract = {"provider_id": str(isp.provider_id), "number": claim["number"], "signed_on": "2009-02-05"}
    signed, _ = register.do(f"{door}/agency-contracts", json=contract)
    attached, _ = register.do(
        f"{door}/lines", json={name: line[name] for name in ("kind", "number", "provider_id", "telecom_id")}
    )
    assert (signed["contract_id"], attached["line_id"]) == (claim["contract_id"], line["line_id"])

    def confirmed():
        found = register.ask(door)
        return (found["state"], found["contracts"][0]["state"], found["lines"][0]["state"])

    wait_until(lambda: confirmed() == ("registered", "signed", "serving"), 10, "all three are confirmed")
    assert (len(register.ask(door)["contracts"]), len(register.ask(door)["lines"])) == (1, 1)


def test_a_later_list_of_the_month_corrects_the_earlier_one(register, isp, telecom):
    content = rows(telecom, 2)
    first = register.file_list(isp, workbook(*content)).json()
    content[0][1] = "Đại lý Tên Mới"
    second = register.file_list(isp, workbook(*content)).json()
    assert first["list_id"] != second["list_id"]
    wait_until(
        lambda: (
            register.send("GET", f"/agent-lists/{second['list_id']}").ok
            and register.ask(f"/agent-lists/{first['list_id']}")["corrected_by"] == second["list_id"]
        ),
        10,
        "the first list is corrected by the second",
    )
    wait_until(
        lambda: {"Đại lý Tên Mới", "Đại lý Hoa 2"} == {found["name"] for found in register.agents_of(isp, 2)},
        10,
        "the later claim is shown",
    )


def test_a_line_of_nobody_in_the_register_makes_a_bad_row(register, isp, telecom):
    good, bad = rows(telecom, 2)
    bad[-1] = "Viễn thông Không Có"
    answer = register.file_list(isp, workbook(good, bad)).json()
    assert (answer["good"], answer["bad"]) == (1, 1)
    (problem,) = answer["problems"]
    assert (problem["row"], problem["column"]) == (3, "K")
    assert "vien-thong-khong-co" in problem["reason"]
    register.agents_of(isp, 1)


def test_two_companies_may_claim_one_agent(register, isp, telecom):
    mark = uuid4().hex[:6]
    other = register.company()
    register.file_list(isp, workbook(*rows(telecom, 1, mark)))
    register.file_list(other, workbook(*rows(telecom, 1, mark)))
    (seen,) = register.agents_of(other, 1)
    assert register.agents_of(isp, 1)[0]["agent_id"] == seen["agent_id"]
    assert {str(isp.provider_id), str(other.provider_id)} == {
        c["provider_id"] for c in register.ask(f"/agents/{seen['agent_id']}")["contracts"]
    }
    own = register.ask(f"/agents/{seen['agent_id']}", key_of(isp))["contracts"]
    assert [str(isp.provider_id)] == [contract["provider_id"] for contract in own]


@pytest.mark.parametrize(
    ("content", "month", "problem"),
    [
        (b"STT;Ten", "2026-10", (422, "not-a-workbook")),
        (workbook(row(), header=None), "2026-10", (422, "header-not-found")),
        (workbook(), "2026-10", (422, "list-is-empty")),
        (workbook(row()), "2026-13", (422, "invalid")),
        (workbook(row()), "2199-01", (422, "month-in-future")),
        (with_part(workbook(row()), "xl/bomb.bin", b"\0" * (200 * MIB)), "2026-10", (413, "workbook-too-large")),
    ],
    ids=["csv", "no header", "no rows", "no month", "future month", "zip bomb"],
)
def test_what_is_wrong_with_a_list_is_named_and_changes_nothing(register, isp, content, month, problem):
    assert refused(register.file_list(isp, content, month)) == problem
    assert register.events("registry.agent-list-received", provider_id=isp.provider_id) == []


def test_a_file_above_ten_mebibytes_is_refused(register, isp):
    assert refused(register.file_list(isp, b"PK" + b"\0" * (10 * MIB)))[0] == 413


def test_a_list_is_filed_by_a_company_for_itself(register, telecom):
    assert refused(register.send("POST", "/agent-lists", data=workbook(row()), params={"month": "2026-10"})) == (
        403,
        "forbidden",
    )
    assert refused(register.file_list(telecom, workbook(row()))) == (422, "not-an-isp")


def test_a_list_goes_on_after_a_crash_half_way_and_answers_the_same(register, isp, telecom):
    mark = uuid4().hex[:6]
    content = workbook(*rows(telecom, 650, mark))
    key = str(uuid4())
    http = register.stack.child("registry-http")

    def appended():
        return len(register.events("registry.agent-reported-by-isp", provider_id=isp.provider_id))

    with ThreadPoolExecutor(1) as other, register.stream_held(agent_of(mark, 500)):
        lost = other.submit(register.file_list, isp, content, key=key)
        wait_until(lambda: appended() == 400, 30, "two batches are stored, the third waits")
        http.send(signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            lost.result(60)
    assert appended() == 400
    assert register.events("registry.agent-list-received", provider_id=isp.provider_id) == []

    register.stack.wait_ready()
    done = register.file_list(isp, content, key=key)
    assert (done.status_code, done.json()["good"]) == (201, 650)
    again = register.file_list(isp, content, key=key)
    assert (done.json(), "true") == (again.json(), again.headers["Idempotent-Replayed"])
    ((received, _),) = register.events("registry.agent-list-received", provider_id=isp.provider_id)
    reported = [data for data, _ in register.events("registry.agent-reported-by-isp", provider_id=isp.provider_id)]
    assert len(reported) == len({data["agent_id"] for data in reported}) == 650
    assert {received["list_id"]} == {data["list_id"] for data in reported}
