"""A letter of the Department makes an order for every contract in force of the agents in its cases (HD-2.1d3)."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tests.integration.enforcement import facts
from tests.integration.enforcement.conftest import Demand, ShopOf, letter
from tests.integration.enforcement.doors import Company, Doors, ahead, refused


@pytest.mark.clause("HD-2.1d3", door="http")
def test_every_contract_in_force_is_demanded_signed_or_claimed(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop = shop_of(isp, isp)
    claimed = facts.claimed(shop.agent_id, isp.provider_id)
    doors.registered(shop.agent_id, facts.ended(shop.contracts[1]), claimed)
    answer, after = doors.do("/termination-rounds", letter(shop.case_id))
    orders = doors.ask("/orders", after=after, case_id=shop.case_id)["items"]
    assert {order["contract_id"] for order in orders} == {str(shop.contracts[0].contract_id), str(claimed.contract_id)}
    assert {order["order_id"] for order in answer["orders"]} == {order["order_id"] for order in orders}
    assert all(
        (order["state"], order["kind"], order["addressee_id"], order["overdue"])
        == ("open", "contract-termination", str(isp.provider_id), False)
        for order in orders
    )
    ((head, meta),) = doors.events("enforcement.round-issued", round_id=answer["round_id"])
    assert (head["orders"], head["kind"], head["letter_number"]) == (2, "contract-termination", "125/STTTT-TTr")
    assert (meta["actor"], meta["agency"], meta["clause"]) == ("officer:dic:le-van-a", "dic", "HD-2.1d3")


@pytest.mark.clause("HD-2.1d3", door="http")
def test_the_order_carries_a_document_that_anybody_can_check(doors: Doors, demand: Demand) -> None:
    order = doors.ask(demand.path, demand.addressee.key)
    public = load_pem_public_key((doors.keys / "order-signing.pub.pem").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(base64.b64decode(order["signature"], validate=True), order["document"].encode())
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert order["key_id"] == hashlib.sha256(raw).hexdigest()[:16]
    document = json.loads(order["document"])
    assert document["demand"] == "Chấm dứt hợp đồng đại lý Internet"
    assert (document["issuer"], document["clause"]) == ("dic", "HD-2.1d3")
    assert (document["order_id"], document["addressee"]) == (order["order_id"], demand.addressee.name)
    assert (document["agent"], document["area"]) == ("Đại lý Minh Anh", "nam-sach")
    assert document["number"] == demand.shop.contracts[0].number


def test_one_letter_serves_several_cases(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shops = [shop_of(isp), shop_of(isp)]
    answer, _ = doors.do("/termination-rounds", letter(*(shop.case_id for shop in shops)))
    assert {order["case_id"] for order in answer["orders"]} == {str(shop.case_id) for shop in shops}


def test_a_second_letter_names_what_is_open_already(doors: Doors, isp: Company, demand: Demand) -> None:
    new = facts.signed(demand.shop.agent_id, isp.provider_id)
    doors.registered(demand.shop.agent_id, new)
    answer, after = doors.do("/termination-rounds", letter(demand.shop.case_id))
    assert answer["open_already"] == [demand.order_id]
    (order,) = answer["orders"]
    shown = doors.ask(f"/orders/{order['order_id']}", after=after)
    assert shown["contract_id"] == str(new.contract_id)


def test_a_letter_that_would_make_no_order_is_refused(doors: Doors, shop_of: ShopOf, demand: Demand) -> None:
    again = doors.post("/termination-rounds", letter(demand.shop.case_id))
    assert refused(again) == (409, "nothing-to-demand")
    assert again.json()["open_orders"] == [demand.order_id]
    assert refused(doors.post("/termination-rounds", letter(shop_of().case_id))) == (409, "nothing-to-demand")


def test_two_letters_at_the_same_moment_make_one_order(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop = shop_of(isp)
    with ThreadPoolExecutor(4) as officers:
        answers = list(officers.map(lambda _: doors.post("/termination-rounds", letter(shop.case_id)), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {refused(one)[1] for one in answers if one.status_code == 409} <= {"nothing-to-demand", "claim-taken"}
    assert len(doors.events("enforcement.contract-termination-demanded", agent_id=shop.agent_id)) == 1


def test_the_report_back_lies_ahead(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop = shop_of(isp)
    for passed in ("2009-11-25T17:00:00+07:00", ahead(seconds=-1)):
        answer = doors.post("/termination-rounds", letter(shop.case_id, report_back_at=passed))
        assert refused(answer) == (422, "report-back-in-the-past")


def test_a_case_nobody_opened_is_unknown(doors: Doors) -> None:
    assert refused(doors.post("/termination-rounds", letter(uuid4()))) == (404, "unknown-case")


@pytest.mark.clause("HD-2.1d3", door="http")
@pytest.mark.parametrize("agency", ["ppd", "dcst", "ppc", "dpc.nam-sach"])
def test_only_the_department_may_demand(doors: Doors, isp: Company, shop_of: ShopOf, agency: str) -> None:
    shop = shop_of(isp)
    answer = doors.post("/termination-rounds", letter(shop.case_id), doors.officer(agency))
    assert refused(answer) == (403, "reserved-to-another")
    assert (answer.json()["reserved_to"], answer.json()["clause"]) == (["dic"], "HD-2.1d3")
    assert "HD-2.1d3" in answer.json()["detail"]
    assert doors.events("enforcement.contract-termination-demanded", agent_id=shop.agent_id) == []


def test_a_reader_and_a_company_demand_nothing(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop = shop_of(isp)
    reader = doors.post("/termination-rounds", letter(shop.case_id), doors.officer(role="reader"))
    company = doors.post("/termination-rounds", letter(shop.case_id), isp.key)
    stranger = doors.post("/termination-rounds", letter(shop.case_id), {"Authorization": "Bearer nobody"})
    assert [refused(one)[0] for one in (reader, company, stranger)] == [403, 403, 401]


@pytest.mark.clause("HD-2.3d", door="http")
def test_where_the_police_lead_the_department_acts_on_their_recorded_request(
    doors: Doors, isp: Company, shop_of: ShopOf
) -> None:
    shop = shop_of(isp, information_security=True)
    silent = doors.post("/termination-rounds", letter(shop.case_id))
    assert refused(silent) == (409, "lead-request-missing")
    assert (silent.json()["lead"], silent.json()["clause"]) == ("ppd", "HD-2.3d")
    assert silent.json()["case_id"] == str(shop.case_id)
    answer, _ = doors.do("/termination-rounds", letter(shop.case_id, lead_request="77/CAT-PA"))
    assert len(answer["orders"]) == 1
    ((head, _),) = doors.events("enforcement.round-issued", round_id=answer["round_id"])
    assert head["lead_request"] == "77/CAT-PA"
