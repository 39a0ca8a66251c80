"""A violation opens a case; the case closes when its orders are settled and the register says so."""

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events.registry import ContractTerminated
from services.enforcement.domain.case import case_id_of
from tests.integration.enforcement import facts
from tests.integration.enforcement.conftest import Demand, letter
from tests.integration.enforcement.doors import Company, Doors, refused
from tests.integration.enforcement.test_line_cuts import request
from tests.integration.enforcement.test_orders import execution
from tests.support.waiting import wait_until

Step = Callable[[Doors, Demand], None]


@pytest.mark.clause("HD-2.1d1", door="kafka")
def test_a_violation_opens_one_case_however_often_it_comes(doors: Doors) -> None:
    found = facts.violation(uuid4())
    sent = doors.inspection.publish(found.inspection_id, found)
    doors.inspection.send(*sent)  # the relay repeats itself
    doors.inspection.publish(found.inspection_id, found)  # the same violation, told once more
    doors.dealt_with("enforcement.cases", found.inspection_id, 2)
    case_id = case_id_of(found.violation_id)
    assert doors.history(case_id) == ["case-opened"]
    ((data, meta),) = doors.events("enforcement.case-opened", violation_id=found.violation_id)
    assert (data["lead"], data["lead_clause"], data["target_id"]) == ("dic", "HD-2.1d1", str(found.target_id))
    assert (meta["actor"], meta["causation_id"]) == ("service:enforcement", str(sent[0].event_id))
    assert meta["correlation_id"] == str(sent[0].metadata.correlation_id)


@pytest.mark.clause("HD-2.3d", door="kafka")
def test_the_police_lead_a_case_of_information_security(doors: Doors) -> None:
    case = doors.ask(f"/cases/{doors.case(facts.violation(uuid4(), information_security=True))}")
    assert (case["lead"], case["information_security"]) == ("ppd", True)


def test_cases_are_listed_for_officers_alone(doors: Doors, isp: Company) -> None:
    agent, area = uuid4(), "thanh-mien"
    case_id = doors.case(facts.violation(agent, area=area))
    for narrow in ({"target_id": agent}, {"area": area, "state": "open"}):
        assert str(case_id) in {
            case["case_id"] for case in doors.ask("/cases", doors.officer("ppd"), **narrow)["items"]
        }
    assert doors.ask("/cases", target_id=agent, state="closed")["items"] == []
    assert refused(doors.get("/cases", isp.key))[0] == 403
    assert refused(doors.get(f"/cases/{case_id}", isp.key))[0] == 403
    assert refused(doors.get(f"/cases/{uuid4()}")) == (404, "unknown-case")


def execute(doors: Doors, demand: Demand) -> None:
    doors.do(f"{demand.path}/execution", execution(), demand.addressee.key)
    doors.dealt_with("enforcement.cases", UUID(demand.order_id), 2)


def confirm(doors: Doors, demand: Demand) -> None:
    (contract,) = demand.shop.contracts
    ended = ContractTerminated(
        contract_id=contract.contract_id,
        agent_id=contract.agent_id,
        provider_id=contract.provider_id,
        terminated_on=date(2026, 11, 6),
        order_id=UUID(demand.order_id),
        case_id=demand.shop.case_id,
    )
    said = doors.registry.publish(contract.agent_id, ended)
    doors.dealt_with("enforcement.cases", contract.agent_id, said[-1].stream_version)


@pytest.mark.clause("HD-2.1d3", door="kafka")
@pytest.mark.parametrize(
    "steps", list(itertools.permutations((execute, confirm))), ids=["executed first", "confirmed first"]
)
def test_a_case_closes_when_company_and_register_have_spoken_in_any_order(
    doors: Doors, demand: Demand, steps: tuple[Step, Step]
) -> None:
    first, last = steps
    first(doors, demand)
    assert "case-closed" not in doors.history(demand.shop.case_id)
    last(doors, demand)
    told = doors.history(demand.shop.case_id)
    assert told[:2] == ["case-opened", "case-order-added"]
    assert set(told[2:4]) == {"case-order-settled", "case-restriction-confirmed"}
    assert told[4:] == ["case-closed"]
    case = wait_until(lambda: closed(doors, demand.shop.case_id), 20, "the case is shown as closed")
    assert [order["state"] for order in case["orders"]] == ["executed"]


def closed(doors: Doors, case_id: UUID) -> dict[str, Any]:
    shown = doors.ask(f"/cases/{case_id}")
    return shown if shown["state"] == "closed" else {}


def test_a_withdrawn_order_needs_no_confirmation(doors: Doors, demand: Demand) -> None:
    doors.do(f"{demand.path}/withdrawal", {"reason": "Nhầm (mẫu)"})
    doors.dealt_with("enforcement.cases", UUID(demand.order_id), 2)
    assert doors.history(demand.shop.case_id)[-2:] == ["case-order-settled", "case-closed"]


def test_the_registers_own_news_about_no_order_closes_nothing(doors: Doors, demand: Demand) -> None:
    said = doors.registry.publish(demand.shop.agent_id, facts.ended(demand.shop.contracts[0]))
    doors.dealt_with("enforcement.cases", demand.shop.agent_id, said[-1].stream_version)
    assert doors.history(demand.shop.case_id) == ["case-opened", "case-order-added"]


@pytest.mark.clause("HD-3c4", door="http")
def test_a_later_cut_opens_a_closed_case_again(doors: Doors, isp: Company, telecom: Company, demand: Demand) -> None:
    execute(doors, demand)
    confirm(doors, demand)
    attached = facts.line_of(demand.shop.agent_id, isp.provider_id, telecom.provider_id)
    doors.registered(attached.line_id, attached)
    answer, _ = doors.do(f"/cases/{demand.shop.case_id}/line-cuts", request(attached.line_id))
    for order in answer["orders"]:
        doors.dealt_with("enforcement.cases", order["order_id"], 1)
    told = doors.history(demand.shop.case_id)[5:]
    assert told == ["case-reopened", "case-order-added", "case-order-added"]


def test_a_case_waits_for_every_order_of_every_letter(doors: Doors, isp: Company, demand: Demand) -> None:
    new = facts.signed(demand.shop.agent_id, isp.provider_id)
    doors.registered(demand.shop.agent_id, new)
    answer, _ = doors.do("/termination-rounds", letter(demand.shop.case_id))
    doors.dealt_with("enforcement.cases", answer["orders"][0]["order_id"], 1)
    execute(doors, demand)
    confirm(doors, demand)
    assert "case-closed" not in doors.history(demand.shop.case_id)
