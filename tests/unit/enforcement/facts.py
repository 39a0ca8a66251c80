"""Facts of one case, as the other streams state them."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP
from contracts.events.enforcement import (
    CaseOpened,
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderExecuted,
    OrderOverdue,
    OrderWithdrawn,
)
from contracts.events.inspection import ViolationFound
from contracts.events.registry import ContractTerminated, LineCut
from services.enforcement.domain.case import case_id_of

NOW = datetime(2009, 11, 10, 3, tzinfo=UTC)
TODAY = date(2009, 11, 10)
LATER = datetime(2009, 11, 25, 10, tzinfo=UTC)


def uid(label: str) -> UUID:
    return uuid5(PHOIHOP, f"test/{label}")


AGENT, ISP, TELECOM, CONTRACT, LINE = (uid(name) for name in ("agent", "isp", "telecom", "contract", "line"))
VIOLATION = uid("violation")
CASE = case_id_of(VIOLATION)

violation_found = ViolationFound(
    violation_id=VIOLATION,
    inspection_id=uid("inspection"),
    target_kind="agent",
    target_id=AGENT,
    area="nam-sach",
    category="agent-breach",
    provision="HD-5b",
    empowered_by="HD-2.3c1",
    information_security=False,
    found_by="ppd",
    found_on=date(2009, 11, 5),
    description="Không có hợp đồng đại lý",
)

case_opened = CaseOpened(
    case_id=CASE,
    violation_id=VIOLATION,
    inspection_id=uid("inspection"),
    target_kind="agent",
    target_id=AGENT,
    area="nam-sach",
    category="agent-breach",
    provision="HD-5b",
    information_security=False,
    lead="dic",
    lead_clause="HD-2.1d1",
)

termination_demanded = ContractTerminationDemanded(
    order_id=uid("order/termination"),
    round_id=uid("round"),
    case_id=CASE,
    addressee_id=ISP,
    agent_id=AGENT,
    contract_id=CONTRACT,
    report_back_at=LATER,
    document="{}",
    signature="c2lnbmVk",
    key_id="0123456789abcdef",
)


def cut_requested(kind: str) -> LineCutRequested:
    return LineCutRequested(
        order_id=uid(f"order/{kind}"),
        round_id=uid("round/2"),
        case_id=CASE,
        kind=kind,
        addressee_id=TELECOM if kind == "line-cut" else ISP,
        agent_id=AGENT,
        line_id=LINE,
        report_back_at=LATER,
        document="{}",
        signature="c2lnbmVk",
        key_id="0123456789abcdef",
    )


def executed(kind: str = "termination", outcome: str = "executed") -> OrderExecuted:
    return OrderExecuted(
        order_id=uid(f"order/{kind}"),
        case_id=CASE,
        kind="contract-termination" if kind == "termination" else kind,
        addressee_id=TELECOM if kind == "line-cut" else ISP,
        agent_id=AGENT,
        contract_id=CONTRACT if kind == "termination" else None,
        line_id=None if kind == "termination" else LINE,
        outcome=outcome,
        executed_on=TODAY,
        evidence="Biên bản thanh lý số 07/BB",
    )


overdue = OrderOverdue(
    order_id=uid("order/termination"),
    case_id=CASE,
    kind="contract-termination",
    addressee_id=ISP,
    agent_id=AGENT,
    report_back_at=LATER,
    acknowledged=True,
)

withdrawn = OrderWithdrawn(
    order_id=uid("order/termination"),
    case_id=CASE,
    kind="contract-termination",
    addressee_id=ISP,
    reason="Nhầm đối tượng",
)

objection_upheld = ObjectionDecided(
    order_id=uid("order/termination"),
    case_id=CASE,
    kind="contract-termination",
    addressee_id=ISP,
    upheld=True,
    reason="Hợp đồng đã chuyển nhượng",
    report_back_at=None,
)

contract_terminated = ContractTerminated(
    contract_id=CONTRACT,
    agent_id=AGENT,
    provider_id=ISP,
    terminated_on=TODAY,
    order_id=uid("order/termination"),
    case_id=CASE,
)

line_cut = LineCut(line_id=LINE, agent_id=AGENT, cut_on=TODAY, order_id=uid("order/line-cut"), case_id=CASE)
