"""The register's doors over real HTTP, PostgreSQL and Kafka: what is entered is found, what is wrong is named."""

import unicodedata
from collections import Counter
from uuid import UUID, uuid4

import pytest

from services.registry import metrics
from tests.integration.registry.conftest import key_of, refused
from tests.support.waiting import wait_until
from tests.unit.registry.sheets import row, workbook


def agent(name="Đại lý Hoa Mai (mẫu)", area="gia-loc", **changed):
    papers = {
        "name": name,
        "owner_name": "Nguyễn Thị Mai",
        "holder_kind": "household",
        "address": "12 phố Nguyễn Trãi",
        "area": area,
        "business_certificate_number": f"04D8{uuid4().int % 10**9}",
    }
    return papers | changed


@pytest.mark.clause("HD-2.1b3")
def test_an_agent_is_entered_and_found(register):
    papers = agent()
    entered, after = register.do("/agents", json=papers)
    shown = register.ask(f"/agents/{entered['agent_id']}", after=after)
    assert {**papers, "state": "registered"}.items() <= shown.items()
    assert (shown["contracts"], shown["lines"], shown["reported_by"]) == ([], [], None)


@pytest.mark.clause("HD-2.1b3")
def test_every_event_carries_actor_agency_and_correlation(register):
    correlation = uuid4()
    entered, _ = register.do("/agents", json=agent(), headers={"X-Correlation-Id": str(correlation)})
    ((_, metadata),) = register.events("registry.agent-registered", agent_id=entered["agent_id"])
    assert (metadata["actor"], metadata["agency"]) == ("officer:dic:le-van-a", "dic")
    assert UUID(metadata["correlation_id"]) == correlation


@pytest.mark.clause("HD-5b")
def test_a_contract_and_a_line_are_entered_for_an_agent(register, isp, telecom):
    entered, _ = register.do("/agents", json=agent())
    door = f"/agents/{entered['agent_id']}"
    contract = {"provider_id": str(isp.provider_id), "number": "12/HĐĐL", "signed_on": "2009-02-05"}
    line = {
        "kind": "adsl",
        "number": f"0320{uuid4().int % 10**7:07}",
        "provider_id": str(isp.provider_id),
        "telecom_id": str(telecom.provider_id),
    }
    signed, _ = register.do(f"{door}/agency-contracts", json=contract)
    attached, after = register.do(f"{door}/lines", json=line)
    wait_until(lambda: register.ask(door, after=after)["contracts"], 10, "the contract is shown")
    shown = register.ask(door)
    assert {**contract, "contract_id": signed["contract_id"], "state": "signed"}.items() <= shown["contracts"][
        0
    ].items()
    assert {**line, "line_id": attached["line_id"], "state": "serving"}.items() <= shown["lines"][0].items()


def test_a_certificate_belongs_to_one_agent(register, isp):
    papers = agent()
    register.file_list(isp, workbook(row(certificate=None, line_number=None)))
    (reported,) = register.agents_of(isp, 1)
    register.do("/agents", json=papers)
    taken = register.send("POST", "/agents", json=papers | {"agent_id": reported["agent_id"]})
    assert refused(taken) == (409, "claim-taken")
    assert taken.json()["kind"] == "business-certificate"


def test_a_contract_number_belongs_to_one_agent(register, isp):
    numbers = []
    for _ in range(2):
        entered, _ = register.do("/agents", json=agent())
        contract = {"provider_id": str(isp.provider_id), "number": "1/HĐ", "signed_on": "2009-02-05"}
        numbers.append(register.send("POST", f"/agents/{entered['agent_id']}/agency-contracts", json=contract))
    assert numbers[0].status_code == 201
    assert refused(numbers[1]) == (409, "claim-taken")


def test_a_companys_code_belongs_to_it(register, isp):
    twin = {"code": isp.code, "name": f"Another {uuid4()}", "kinds": ["isp"]}
    taken = register.send("POST", "/providers", json=twin)
    assert (refused(taken), taken.json()["kind"]) == ((409, "claim-taken"), "provider-code")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (agent(agent_id=str(uuid4())), (404, "agent-not-found")),
        (agent(area="tan-an"), (422, "unknown-area")),
        (agent(name="Đại lý\u200b"), (422, "forbidden-character")),
        (agent(licence="x"), (422, "unknown-field")),
        (agent(holder_kind="club"), (422, "invalid")),
    ],
    ids=["unknown agent", "district elsewhere", "invisible character", "unknown field", "no such kind"],
)
def test_what_is_wrong_with_an_agent_is_named(register, asked, problem):
    before = register.query("select count(*) from event")
    assert refused(register.send("POST", "/agents", json=asked)) == problem
    assert before == register.query("select count(*) from event")


def test_a_contract_signed_in_the_future_is_refused(register, isp):
    entered, _ = register.do("/agents", json=agent())
    contract = {"provider_id": str(isp.provider_id), "number": "9/HĐ", "signed_on": "2199-01-01"}
    answer = register.send("POST", f"/agents/{entered['agent_id']}/agency-contracts", json=contract)
    assert refused(answer) == (422, "date-in-future")


def test_a_telecom_company_signs_no_agency_contract(register, telecom):
    entered, _ = register.do("/agents", json=agent())
    contract = {"provider_id": str(telecom.provider_id), "number": "9/HĐ", "signed_on": "2009-02-05"}
    answer = register.send("POST", f"/agents/{entered['agent_id']}/agency-contracts", json=contract)
    assert refused(answer) == (422, "not-an-isp")


def test_only_who_keeps_the_register_writes_in_it(register, isp):
    assert refused(register.send("POST", "/agents", register.officer("ppd"), json=agent())) == (403, "no-basis")
    assert refused(register.send("POST", "/agents", register.officer(role="reader"), json=agent())) == (
        403,
        "forbidden",
    )
    assert refused(register.send("POST", "/agents", key_of(isp), json=agent())) == (403, "forbidden")


@pytest.mark.clause("HD-2.1b3")
def test_an_officer_of_a_district_sees_and_enters_that_district_only(register):
    mine, elsewhere = register.officer(area="tu-ky"), register.officer(area="gia-loc")
    entered, after = register.do("/agents", mine, json=agent(area="tu-ky"))
    door = f"/agents/{entered['agent_id']}"
    assert register.ask(door, mine, after=after)["area"] == "tu-ky"
    assert refused(register.send("GET", door, elsewhere)) == (404, "agent-not-found")
    assert {"tu-ky"} == {found["area"] for found in register.ask("/agents", mine, limit=200)["items"]}
    assert register.ask("/agents", mine, area="gia-loc")["items"] == []
    assert (
        refused(register.send("POST", f"{door}/closure", elsewhere, json={"closed_on": "2026-01-01", "reason": "x"}))[0]
        == 403
    )


def test_agents_are_found_without_accents_and_by_parts_of_words(register):
    sign = uuid4().hex[:8]
    name = unicodedata.normalize("NFD", f"Đại lý Ánh Dương {sign}")
    entered, after = register.do("/agents", json=agent(name, address="số 5 đường Độc Lập"))
    register.ask(f"/agents/{entered['agent_id']}", after=after)
    for q in (f"anh duong {sign}", f"ÁNH {sign[:5]}", f"doc lap {sign}", f"{sign} uon"):
        assert [entered["agent_id"]] == [found["agent_id"] for found in register.ask("/agents", q=q)["items"]], q
    for q in (f"anh duong {sign}x", f"%{sign}", "_" + sign[1:]):
        assert register.ask("/agents", q=q)["items"] == [], q


def test_pages_follow_the_vietnamese_order(register):
    sign = uuid4().hex[:8]
    names = [f"{first} {sign}" for first in ("An", "Ăn", "Ân", "Bàu", "Dừa", "Đồng", "Em", "Ê", "Ông", "Ơn")]
    for name in reversed(names):
        _, after = register.do("/agents", json=agent(name))
        register.ask("/agents", after=after)
    found, cursor = [], None
    while True:
        page = register.ask("/agents", q=sign, limit=3, **({"cursor": cursor} if cursor else {}))
        found += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == found


def test_a_company_sees_its_own_agents_contracts_and_lists_only(register, isp):
    other = register.company()
    filed = register.file_list(isp, workbook(row(certificate=f"X{uuid4().int}", line_number=None))).json()
    (mine,) = register.agents_of(isp, 1)
    assert register.ask(f"/agents/{mine['agent_id']}", key_of(isp))["name"] == mine["name"]
    assert register.ask("/agents", key_of(other))["items"] == []
    assert register.ask("/agents", key_of(other), provider_id=str(isp.provider_id))["items"] == []
    assert refused(register.send("GET", f"/agents/{mine['agent_id']}", key_of(other))) == (404, "agent-not-found")
    listed = f"/agent-lists/{filed['list_id']}"
    assert wait_until(lambda: register.send("GET", listed, key_of(isp)).ok, 10, "its list")
    assert refused(register.send("GET", listed, key_of(other))) == (404, "agent-list-not-found")


def test_a_key_is_shown_to_who_asked_and_opens_until_it_is_taken_back(register, isp):
    door = f"/providers/{isp.provider_id}/api-keys"
    key = str(uuid4())
    first, after = register.do(door, key=key)
    again, _ = register.do(door, key=key)
    assert first == again
    who = {"Authorization": f"Bearer {first['api_key']}"}
    register.ask("/providers", after=after)
    assert register.send("GET", "/agents", who).status_code == 200
    stored = register.query("select string_agg(data::text || metadata::text, '') from event")[0][0]
    responses = register.query("select string_agg(response::text, '') from command")[0][0]
    assert first["api_key"] not in stored + responses
    _, after = register.do(f"{door}/{first['key_id']}/revocation", json={"reason": "Lộ khóa"})
    register.ask("/providers", after=after)
    assert refused(register.send("GET", "/agents", who)) == (401, "key-revoked")


def test_the_same_request_twice_enters_one_agent(register):
    key, papers = str(uuid4()), agent()
    first, second = (register.send("POST", "/agents", key=key, json=papers) for _ in range(2))
    assert (first.json(), 201) == (second.json(), second.status_code)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(register.events("registry.agent-registered", agent_id=first.json()["agent_id"])) == 1
    reused = register.send("POST", "/agents", key=key, json=agent())
    assert refused(reused) == (409, "command-id-reused")


def test_a_stale_version_is_named(register):
    entered, _ = register.do("/agents", json=agent())
    closing = {"closed_on": "2026-01-01", "reason": "Nghỉ kinh doanh"}
    door = f"/agents/{entered['agent_id']}/closure"
    stale = register.send("POST", door, json=closing, headers={"If-Match": '"7"'})
    assert (refused(stale), stale.json()["current_version"]) == ((409, "stale-version"), 1)
    assert register.send("POST", door, json=closing, headers={"If-Match": '"1"'}).status_code == 200


def test_the_gauges_count_contracts_and_lines_by_state(register):
    """As the register's own pages show them."""

    def standing():
        agents, cursor = [], None
        while True:
            parameters = {"limit": 200} | ({"cursor": cursor} if cursor else {})
            page = register.send("GET", "/agents", params=parameters).json()
            agents, cursor = agents + page["items"], page["next_cursor"]
            if cursor is None:
                break
        return {
            what: Counter(one["state"] for agent in agents for one in agent[what]) for what in ("contracts", "lines")
        }

    def shown(what, states):
        return {state: register.metric(f"phoihop_{what}", state=state) for state in states}

    def agree():
        found = standing()
        for what, states in (("contracts", metrics.CONTRACT_STATES), ("lines", metrics.LINE_STATES)):
            assert shown(what, states) == {state: found[what][state] for state in states}
        return sum(found["contracts"].values()) > 0

    wait_until(agree, 20, "the gauges agree with the pages", every_s=0.5)


def test_the_gauge_counts_agents_by_state_and_district(register):
    def standing():
        return register.metric("phoihop_agents", status="registered", district="ninh-giang")

    before = wait_until(lambda: standing() + 1, 20, "the gauge is shown") - 1
    register.do("/agents", json=agent(area="ninh-giang"))
    wait_until(lambda: standing() == before + 1, 20, "the gauge counts the new agent")
    assert register.metric("phoihop_agents", status="closed", district="cam-giang") >= 0
