"""What a company is told, byte for byte, and what becomes of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4, uuid5

import pytest

from contracts.commands.notify import EscalateDelivery, RecordDelivery
from contracts.envelope import Event
from contracts.events.enforcement import (
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderAcknowledged,
    OrderWithdrawn,
)
from contracts.events.notify import WebhookDelivered, WebhookEscalated
from services.notify.domain import delivery as deliveries
from services.notify.domain.delivery import Delivery
from services.notify.domain.message import message_of
from tests.support.specification import Specification

EVENT, ORDER, ISP = uuid4(), UUID(int=1), UUID(int=2)
HAPPENED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
REPORT_BACK = datetime(2026, 12, 1, 17, 0, tzinfo=timezone(timedelta(hours=7)))
DOCUMENT = '{"demand":"Chấm dứt hợp đồng","kind":"contract-termination"}'

demand = ContractTerminationDemanded(
    order_id=ORDER,
    round_id=uuid4(),
    case_id=uuid4(),
    addressee_id=ISP,
    agent_id=uuid4(),
    contract_id=uuid4(),
    report_back_at=REPORT_BACK,
    document=DOCUMENT,
    signature="c2ln",
    key_id="0011223344556677",
)


@pytest.mark.clause("HD-2.1d3")
def test_a_demand_as_the_company_reads_it() -> None:
    message = message_of(demand, EVENT, HAPPENED)
    assert message is not None
    assert (message.provider_id, message.order_id) == (ISP, ORDER)
    document = json.dumps(DOCUMENT, ensure_ascii=False)
    expected = (
        '{"type":"enforcement.contract-termination-demanded","timestamp":"2026-11-20T08:30:00.000000Z","data":{'
        f'"order_id":"{ORDER}","kind":"contract-termination","document":{document},"signature":"c2ln",'
        '"key_id":"0011223344556677","report_back_at":"2026-12-01T10:00:00.000000Z"}}'
    )
    assert message.body.decode() == expected


@pytest.mark.clause("HD-3c4")
@pytest.mark.parametrize("kind", ["line-cut", "line-cut-arrangement"])
def test_a_request_to_cut_a_line_says_which_part_is_asked_for(kind: str) -> None:
    fields = demand.model_dump(exclude={"contract_id"})
    message = message_of(LineCutRequested(**fields, kind=kind, line_id=uuid4()), EVENT, HAPPENED)
    assert message is not None
    assert json.loads(message.body)["data"]["kind"] == kind


def test_a_withdrawal_and_a_decision_reach_the_company_too() -> None:
    shared = {"order_id": ORDER, "case_id": uuid4(), "kind": "line-cut", "addressee_id": ISP, "reason": "Nhầm."}
    withdrawn = message_of(OrderWithdrawn(**shared), EVENT, HAPPENED)
    decided = message_of(ObjectionDecided(**shared, upheld=False, report_back_at=REPORT_BACK), EVENT, HAPPENED)
    upheld = message_of(ObjectionDecided(**shared, upheld=True, report_back_at=None), EVENT, HAPPENED)
    assert withdrawn is not None
    assert decided is not None
    assert upheld is not None
    assert json.loads(withdrawn.body)["data"] == {"order_id": str(ORDER), "kind": "line-cut", "reason": "Nhầm."}
    assert json.loads(decided.body)["data"]["report_back_at"] == "2026-12-01T10:00:00.000000Z"
    assert json.loads(upheld.body)["data"]["report_back_at"] is None


def test_what_a_company_did_itself_is_not_sent_to_it() -> None:
    acknowledged = OrderAcknowledged(
        order_id=ORDER, case_id=uuid4(), kind="line-cut", addressee_id=ISP, acknowledged_on=HAPPENED.date()
    )
    assert message_of(acknowledged, EVENT, HAPPENED) is None


def test_the_same_event_is_the_same_message() -> None:
    assert message_of(demand, EVENT, HAPPENED) == message_of(demand, EVENT, HAPPENED)
    other = message_of(demand, uuid4(), HAPPENED)
    assert other is not None
    assert other.message_id != uuid5(EVENT, "webhook")


Decide = Callable[[Delivery], tuple[Event, ...]]
given = Specification(Delivery(), deliveries.evolve).given
about = {
    "message_id": uuid4(),
    "endpoint_id": uuid4(),
    "provider_id": ISP,
    "order_id": ORDER,
    "webhook_type": "enforcement.contract-termination-demanded",
}


def recording(attempts: int) -> Decide:
    return lambda state: deliveries.record(state, RecordDelivery(**about, attempts=attempts))


def escalating(attempts: int) -> Decide:
    command = EscalateDelivery(**about, attempts=attempts, last_error="answered 500")
    return lambda state: deliveries.escalate(state, command)


delivered = WebhookDelivered(**about, attempts=3)
escalated = WebhookEscalated(**about, attempts=13, last_error="answered 500")


def test_a_delivery_is_recorded_once() -> None:
    given().when(recording(3)).then_(delivered)
    given(delivered).when(recording(4)).then_nothing()


def test_an_escalation_is_no_end() -> None:
    after = given().when(escalating(13)).then_(escalated)
    after.when(recording(3)).then_(delivered)
    assert after.when(escalating(13)).then_(escalated).state.escalations == 2


def test_what_was_received_is_not_escalated() -> None:
    given(delivered).when(escalating(13)).then_nothing()
