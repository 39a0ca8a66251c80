"""The Department requests the cut of an agent's line: the ISP arranges, its owner cuts (HD-3c4)."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events.registry import LineAttached, ReportedLine
from tests.integration.enforcement import facts
from tests.integration.enforcement.conftest import Shop, ShopOf
from tests.integration.enforcement.doors import Company, Doors, ahead, refused
from tests.integration.enforcement.test_orders import execution

AgentsLine = tuple[Shop, LineAttached]


@pytest.fixture
def line(doors: Doors, isp: Company, telecom: Company, shop_of: ShopOf) -> AgentsLine:
    """A shop with a case, and its line."""
    shop = shop_of(isp)
    attached = facts.line_of(shop.agent_id, isp.provider_id, telecom.provider_id)
    doors.registered(attached.line_id, attached)
    return shop, attached


def request(*line_ids: UUID, **given: Any) -> dict[str, Any]:
    body = {
        "letter_number": "140/STTTT-TTr",
        "report_back_at": ahead(days=5),
        "reason": "Đại lý vẫn hoạt động (mẫu)",
        "line_ids": [str(one) for one in line_ids],
    }
    return body | given


@pytest.mark.clause("HD-3c4", door="http")
def test_a_cut_is_one_order_to_each_of_the_two_companies(
    doors: Doors, isp: Company, telecom: Company, line: AgentsLine
) -> None:
    shop, attached = line
    answer, after = doors.do(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id))
    assert {(order["kind"], order["addressee_id"]) for order in answer["orders"]} == {
        ("line-cut-arrangement", str(isp.provider_id)),
        ("line-cut", str(telecom.provider_id)),
    }
    (owners,) = doors.ask("/orders", telecom.key, after=after)["items"]
    (arranging,) = doors.ask("/orders", isp.key)["items"]
    assert (owners["kind"], arranging["kind"]) == ("line-cut", "line-cut-arrangement")
    assert owners["line_id"] == arranging["line_id"] == str(attached.line_id)
    document = json.loads(owners["document"])
    assert (document["clause"], document["number"], document["addressee"]) == ("HD-3c4", attached.number, telecom.name)
    ((_, meta),) = doors.events("enforcement.round-issued", round_id=answer["round_id"])
    assert (meta["agency"], meta["clause"]) == ("dic", "HD-3c4")


@pytest.mark.clause("HD-3c4", door="http")
def test_a_line_that_only_a_companys_list_names_can_be_cut_too(
    doors: Doors, isp: Company, telecom: Company, shop_of: ShopOf
) -> None:
    shop = shop_of()
    ((code,),) = doors.query("select code from read.company where provider_id = %s", (str(telecom.provider_id),))
    listed = ReportedLine(line_id=uuid4(), kind="phone", number="0220-1234567", telecom=code)
    doors.registered(shop.agent_id, facts.claimed(shop.agent_id, isp.provider_id, listed))
    answer, _ = doors.do(f"/cases/{shop.case_id}/line-cuts", request(listed.line_id))
    assert {order["addressee_id"] for order in answer["orders"]} == {str(isp.provider_id), str(telecom.provider_id)}


@pytest.mark.clause("HD-3c4", door="http")
def test_lines_that_are_not_the_agents_are_refused_by_name(
    doors: Doors, isp: Company, telecom: Company, line: AgentsLine, shop_of: ShopOf
) -> None:
    shop, mine = line
    other = shop_of(isp)
    theirs = facts.line_of(other.agent_id, isp.provider_id, telecom.provider_id)
    doors.registered(theirs.line_id, theirs)
    unknown = uuid4()
    answer = doors.post(f"/cases/{shop.case_id}/line-cuts", request(mine.line_id, theirs.line_id, unknown))
    assert refused(answer) == (409, "nothing-to-demand")
    assert answer.json()["line_ids"] == [str(theirs.line_id), str(unknown)]
    assert doors.events("enforcement.line-cut-requested", agent_id=shop.agent_id) == []


def test_a_line_that_is_cut_already_is_not_cut_again(doors: Doors, line: AgentsLine) -> None:
    shop, attached = line
    doors.registered(attached.line_id, facts.confirmed_cut(attached, uuid4(), uuid4()))
    answer = doors.post(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id))
    assert refused(answer) == (409, "nothing-to-demand")
    assert answer.json()["line_ids"] == [str(attached.line_id)]


def test_a_second_request_names_what_is_open_already(doors: Doors, line: AgentsLine) -> None:
    shop, attached = line
    first, _ = doors.do(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id))
    again = doors.post(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id))
    assert refused(again) == (409, "nothing-to-demand")
    assert set(again.json()["open_orders"]) == {order["order_id"] for order in first["orders"]}


@pytest.mark.clause("HD-3c4", door="http")
@pytest.mark.parametrize("agency", ["ppd", "dpc.nam-sach"])
def test_only_the_department_may_request_a_cut(doors: Doors, line: AgentsLine, agency: str) -> None:
    shop, attached = line
    answer = doors.post(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id), doors.officer(agency))
    assert refused(answer) == (403, "reserved-to-another")
    assert (answer.json()["reserved_to"], answer.json()["clause"]) == (["dic"], "HD-3c4")


@pytest.mark.clause("HD-2.3d", door="http")
def test_a_cut_where_the_police_lead_needs_their_request_too(
    doors: Doors, isp: Company, telecom: Company, shop_of: ShopOf
) -> None:
    shop = shop_of(isp, information_security=True)
    attached = facts.line_of(shop.agent_id, isp.provider_id, telecom.provider_id)
    doors.registered(attached.line_id, attached)
    path = f"/cases/{shop.case_id}/line-cuts"
    assert refused(doors.post(path, request(attached.line_id))) == (409, "lead-request-missing")
    doors.do(path, request(attached.line_id, lead_request="78/CAT-PA"))


@pytest.mark.clause("HD-3c4", door="http")
def test_each_company_answers_for_itself_and_the_register_closes_the_case(
    doors: Doors, isp: Company, telecom: Company, line: AgentsLine
) -> None:
    shop, attached = line
    answer, _ = doors.do(f"/cases/{shop.case_id}/line-cuts", request(attached.line_id))
    order = {one["kind"]: one["order_id"] for one in answer["orders"]}
    foreign = doors.post(f"/orders/{order['line-cut']}/execution", execution(), isp.key)
    assert refused(foreign) == (404, "unknown-order")
    doors.do(f"/orders/{order['line-cut-arrangement']}/execution", execution(), isp.key)
    doors.do(f"/orders/{order['line-cut']}/execution", execution(), telecom.key)
    doors.dealt_with("enforcement.cases", order["line-cut"], 2)
    doors.dealt_with("enforcement.cases", order["line-cut-arrangement"], 2)
    assert "case-closed" not in doors.history(shop.case_id)
    doors.registered(attached.line_id, facts.confirmed_cut(attached, order["line-cut"], shop.case_id))
    doors.dealt_with("enforcement.cases", attached.line_id, 2)
    assert doors.history(shop.case_id)[-2:] == ["case-restriction-confirmed", "case-closed"]
