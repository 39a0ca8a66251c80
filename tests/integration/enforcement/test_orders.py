"""What a company can do with an order, and nobody else for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.enforcement.conftest import Demand, ShopOf, letter
from tests.integration.enforcement.doors import Company, Doors, ahead, refused
from tests.support.waiting import wait_until

TODAY = datetime.now(UTC).date() - timedelta(days=1)
"""A day that has come everywhere."""


def execution(**given: Any) -> dict[str, Any]:
    return {"outcome": "executed", "executed_on": str(TODAY), "evidence": "Biên bản thanh lý 07 (mẫu)"} | given


def state_of(doors: Doors, demand: Demand, after: str) -> tuple[str, str | None]:
    shown = doors.ask(demand.path, after=after)
    return shown["state"], shown["remark"]


def test_a_company_sees_the_orders_addressed_to_it_and_no_other(doors: Doors, demand: Demand, telecom: Company) -> None:
    (mine,) = doors.ask("/orders", demand.addressee.key)["items"]
    assert mine["order_id"] == demand.order_id
    assert doors.ask("/orders", telecom.key)["items"] == []
    # asking for somebody else's orders narrows nothing
    assert doors.ask("/orders", telecom.key, addressee_id=demand.addressee.provider_id)["items"] == []


STEPS: dict[str, Any] = {
    "acknowledgement": {},
    "execution": execution(),
    "objection": {"reason": "Hợp đồng đã chuyển nhượng (mẫu)"},
}


@pytest.mark.parametrize("step", STEPS)
def test_anothers_order_looks_as_if_it_were_not_there(
    doors: Doors, demand: Demand, telecom: Company, step: str
) -> None:
    nowhere = f"/orders/{uuid4()}"
    for theirs, absent in (
        (doors.get(demand.path, telecom.key), doors.get(nowhere, telecom.key)),
        (
            doors.post(f"{demand.path}/{step}", STEPS[step], telecom.key),
            doors.post(f"{nowhere}/{step}", STEPS[step], telecom.key),
        ),
    ):
        assert refused(theirs) == refused(absent) == (404, "unknown-order")
        assert same_shape(theirs.json()) == same_shape(absent.json())
    assert doors.history(demand.order_id) == ["contract-termination-demanded"]


def same_shape(problem: dict[str, Any]) -> dict[str, Any]:
    """Everything but the ids that the asker sent or that are new every time."""
    return {
        name: "…" if name in ("correlation_id", "order_id", "detail") else value for name, value in problem.items()
    } | {"said": problem["detail"].rsplit(" ", 1)[0]}


@pytest.mark.clause("HD-2.1d3", door="http")
def test_an_acknowledgement_is_entered_once(doors: Doors, demand: Demand) -> None:
    first, after = doors.do(f"{demand.path}/acknowledgement", who=demand.addressee.key)
    again, _ = doors.do(f"{demand.path}/acknowledgement", who=demand.addressee.key)
    assert (first["changed"], again["changed"]) == (True, False)
    assert state_of(doors, demand, after)[0] == "acknowledged"
    ((_, meta),) = doors.events("enforcement.order-acknowledged", order_id=demand.order_id)
    assert meta["actor"] == f"company:{demand.addressee.provider_id}"


@pytest.mark.clause("HD-2.1d3", door="http")
@pytest.mark.parametrize("outcome", ["executed", "already-closed"])
def test_an_execution_ends_the_order_once(doors: Doors, demand: Demand, outcome: str) -> None:
    body = execution(outcome=outcome)
    _, after = doors.do(f"{demand.path}/execution", body, demand.addressee.key)
    shown = doors.ask(demand.path, demand.addressee.key, after=after)
    assert (shown["state"], shown["executed_on"], shown["remark"]) == (outcome, str(TODAY), body["evidence"])
    again = doors.post(f"{demand.path}/execution", body, demand.addressee.key)
    assert refused(again) == (409, "order-is-settled")
    assert again.json()["outcome"] == outcome
    late = doors.post(f"{demand.path}/objection", STEPS["objection"], demand.addressee.key)
    assert refused(late) == (409, "order-is-settled")
    assert doors.history(demand.order_id) == ["contract-termination-demanded", "order-executed"]


def test_nobody_has_executed_anything_tomorrow(doors: Doors, demand: Demand) -> None:
    future = execution(executed_on=str(date.today() + timedelta(days=2)))  # noqa: DTZ011 (two days: anywhere)
    assert refused(doors.post(f"{demand.path}/execution", future, demand.addressee.key)) == (422, "future-date")
    unsaid = doors.post(f"{demand.path}/execution", {"outcome": "executed"}, demand.addressee.key)
    assert refused(unsaid) == (422, "missing-field")
    assert doors.history(demand.order_id) == ["contract-termination-demanded"]


def objected(doors: Doors, demand: Demand) -> str:
    _, after = doors.do(f"{demand.path}/objection", STEPS["objection"], demand.addressee.key)
    return after


def test_an_objection_waits_for_its_decision(doors: Doors, demand: Demand) -> None:
    after = objected(doors, demand)
    assert state_of(doors, demand, after) == ("objected", "Hợp đồng đã chuyển nhượng (mẫu)")
    again = doors.post(f"{demand.path}/objection", STEPS["objection"], demand.addressee.key)
    assert refused(again) == (409, "objection-pending")


def test_an_upheld_objection_ends_the_order_and_frees_the_contract(doors: Doors, demand: Demand) -> None:
    objected(doors, demand)
    _, after = doors.do(f"{demand.path}/objection-decision", {"upheld": True, "reason": "Đúng (mẫu)"})
    assert state_of(doors, demand, after) == ("objection-upheld", "Đúng (mẫu)")
    answer, _ = doors.do("/termination-rounds", letter(demand.shop.case_id))
    assert len(answer["orders"]) == 1


def test_a_rejected_objection_leaves_the_order_open_with_a_new_report_back(doors: Doors, demand: Demand) -> None:
    objected(doors, demand)
    no = {"upheld": False, "reason": "Không đúng (mẫu)"}
    assert refused(doors.post(f"{demand.path}/objection-decision", no)) == (422, "report-back-in-the-past")
    instant = ahead(days=20)
    _, after = doors.do(f"{demand.path}/objection-decision", no | {"report_back_at": instant})
    shown = doors.ask(demand.path, after=after)
    assert (shown["state"], shown["remark"]) == ("open", "Không đúng (mẫu)")
    assert datetime.fromisoformat(shown["report_back_at"]) == datetime.fromisoformat(instant)
    decided = doors.post(f"{demand.path}/objection-decision", no | {"report_back_at": instant})
    assert refused(decided) == (409, "no-objection")
    doors.do(f"{demand.path}/execution", execution(), demand.addressee.key)


@pytest.mark.clause("HD-2.1d3", door="http")
def test_only_the_department_decides_and_withdraws(doors: Doors, demand: Demand) -> None:
    objected(doors, demand)
    for step in ("objection-decision", "withdrawal"):
        body = {"reason": "Nhầm (mẫu)"} | ({"upheld": True} if step == "objection-decision" else {})
        police = doors.post(f"{demand.path}/{step}", body, doors.officer("ppd"))
        assert refused(police) == (403, "reserved-to-another")
        assert (police.json()["reserved_to"], police.json()["clause"]) == (["dic"], "HD-2.1d3")
        assert refused(doors.post(f"{demand.path}/{step}", body, demand.addressee.key))[0] == 403


def test_a_withdrawn_order_is_settled_and_can_be_issued_anew(doors: Doors, demand: Demand) -> None:
    _, after = doors.do(f"{demand.path}/withdrawal", {"reason": "Nhầm đại lý (mẫu)"})
    assert state_of(doors, demand, after) == ("withdrawn", "Nhầm đại lý (mẫu)")
    late = doors.post(f"{demand.path}/execution", execution(), demand.addressee.key)
    assert refused(late) == (409, "order-is-settled")
    assert refused(doors.post(f"{demand.path}/withdrawal", {"reason": "Lại"})) == (409, "order-is-settled")
    answer, _ = doors.do("/termination-rounds", letter(demand.shop.case_id))
    assert answer["orders"][0]["order_id"] != demand.order_id


def silent(doors: Doors, isp: Company, shop_of: ShopOf) -> Demand:
    """An order whose report-back is 2 s away, and passes."""
    shop = shop_of(isp)
    answer, _ = doors.do("/termination-rounds", letter(shop.case_id, report_back_at=ahead(seconds=2)))
    demand = Demand(shop, answer["orders"][0]["order_id"], isp)
    wait_until(
        lambda: [one["order_id"] for one in doors.ask("/orders", isp.key, state="overdue")["items"]], 20, "overdue"
    )
    return demand


@pytest.mark.clause("HD-2.1d3", door="http")
def test_silence_past_the_report_back_is_overdue_and_keeps_the_case_open(
    doors: Doors, isp: Company, shop_of: ShopOf
) -> None:
    demand = silent(doors, isp, shop_of)
    shown = doors.ask(demand.path)
    assert (shown["overdue"], shown["state"]) == (True, "open")
    ((data, meta),) = doors.events("enforcement.order-overdue", order_id=demand.order_id)
    assert (data["acknowledged"], meta["actor"]) == (False, "service:enforcement")
    doors.dealt_with("enforcement.cases", demand.order_id, 2)
    assert doors.history(demand.shop.case_id) == ["case-opened", "case-order-added", "case-order-overdue"]
    assert doors.ask(f"/cases/{demand.shop.case_id}")["state"] == "open"
    # late is better than never
    _, after = doors.do(f"{demand.path}/execution", execution(), isp.key)
    assert state_of(doors, demand, after)[0] == "executed"
    assert doors.ask("/orders", isp.key, state="overdue")["items"] == []


def test_an_order_that_was_answered_is_never_overdue(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop = shop_of(isp)
    instant = ahead(seconds=4)
    answer, _ = doors.do("/termination-rounds", letter(shop.case_id, report_back_at=instant))
    answered = answer["orders"][0]["order_id"]
    doors.do(f"/orders/{answered}/execution", execution(), isp.key)
    fired = "select fired_at from timer where stream_id = %s"
    wait_until(lambda: doors.query(fired, (answered,))[0][0], 20, "the timer of the answered order fired")
    assert doors.history(answered) == ["contract-termination-demanded", "order-executed"]
