"""A small province: who and what there is, and how single facts about it are made."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP
from contracts.events.enforcement import (
    ContractTerminationDemanded,
    ObjectionDecided,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
)
from contracts.events.inspection import (
    ViolationFound,
)
from contracts.events.registry import (
    AgentRegistered,
    AgentReportedByIsp,
    LineAttached,
    ProviderRegistered,
    ReportedLine,
)

SCOPE = "hai-duong"
DAY = date(2009, 11, 10)
NOON = datetime(2009, 11, 10, 5, tzinfo=UTC)
LATER = NOON + timedelta(days=10)


def uid(label: str) -> UUID:
    return uuid5(PHOIHOP, f"test/reporting/{label}")


ISP, TELECOM, LIST, INSPECTION, CASE, ROUND = (uid(n) for n in ("isp", "tel", "list", "inspection", "case", "round"))
FIRST, SECOND, THIRD = (uid(f"agent/{number}") for number in (1, 2, 3))
"""Confirmed and later without contract; closed; only claimed by its ISP."""
CUT_LINE, CLAIMED_LINE, RESTORED_LINE = (uid(f"line/{name}") for name in ("cut", "claimed", "restored"))
VIOLATION, OTHER_VIOLATION = uid("violation"), uid("violation/other")
EXECUTED, CUT, OVERDUE, OBJECTED, UPHELD, WITHDRAWN, WAITING = (
    uid(f"order/{name}") for name in ("executed", "cut", "overdue", "objected", "upheld", "withdrawn", "waiting")
)


def claim(agent: UUID, area: str, *lines: UUID) -> AgentReportedByIsp:
    return AgentReportedByIsp(
        agent_id=agent,
        provider_id=ISP,
        list_id=LIST,
        month="2009-10",
        row=3,
        name="Net Minh Anh",
        owner_name="Nguyễn Văn Minh",
        business_certificate_number=None,
        address="12 phố Thanh Lâm",
        area=area,
        contract_id=uid(f"contract/{agent}"),
        contract_number="HĐ-1",
        contract_signed_on=None,
        lines=tuple(ReportedLine(line_id=line, kind="adsl", number="0220", telecom="vt") for line in lines),
    )


def registered(agent: UUID, area: str) -> AgentRegistered:
    return AgentRegistered(
        agent_id=agent,
        name="Đại lý Minh Anh",
        owner_name="Nguyễn Văn Minh",
        holder_kind="household",
        address="12 phố Thanh Lâm",
        area=area,
        business_certificate_number="04A8001234",
    )


def attached(line: UUID) -> LineAttached:
    return LineAttached(
        line_id=line, agent_id=FIRST, kind="adsl", number="0220", provider_id=ISP, telecom_id=TELECOM
    )  # fmt: skip


def violation(violation_id: UUID, provision: str) -> ViolationFound:
    return ViolationFound(
        violation_id=violation_id,
        inspection_id=INSPECTION,
        target_kind="agent",
        target_id=FIRST,
        area="nam-sach",
        category="agent-breach",
        provision=provision,
        empowered_by="HD-2.3c1",
        information_security=False,
        found_by="ppd",
        found_on=DAY,
        description="Không có hợp đồng đại lý",
    )


def demanded(order: UUID) -> ContractTerminationDemanded:
    return ContractTerminationDemanded(
        order_id=order,
        round_id=ROUND,
        case_id=CASE,
        addressee_id=ISP,
        agent_id=FIRST,
        contract_id=uid(f"contract/{FIRST}"),
        report_back_at=LATER,
        document="{}",
        signature="c2lnbmVk",
        key_id="0123456789abcdef",
    )


def overdue(order: UUID) -> OrderOverdue:
    return OrderOverdue(
        order_id=order,
        case_id=CASE,
        kind="contract-termination",
        addressee_id=ISP,
        agent_id=FIRST,
        report_back_at=LATER,
        acknowledged=True,
    )


def objected(order: UUID) -> OrderObjected:
    return OrderObjected(
        order_id=order, case_id=CASE, kind="contract-termination", addressee_id=ISP, reason="Đã chuyển nhượng"
    )  # fmt: skip


def decided(order: UUID, upheld: bool) -> ObjectionDecided:
    return ObjectionDecided(
        order_id=order,
        case_id=CASE,
        kind="contract-termination",
        addressee_id=ISP,
        upheld=upheld,
        reason="Đúng",
        report_back_at=None if upheld else LATER,
    )


def executed(order: UUID, kind: str, addressee: UUID) -> OrderExecuted:
    return OrderExecuted(
        order_id=order,
        case_id=CASE,
        kind=kind,
        addressee_id=addressee,
        agent_id=FIRST,
        contract_id=None if kind == "line-cut" else uid(f"contract/{FIRST}"),
        line_id=CUT_LINE if kind == "line-cut" else None,
        outcome="executed",
        executed_on=DAY,
        evidence="Biên bản thanh lý 07",
    )


def provider(provider_id: UUID, code: str, *kinds: str) -> ProviderRegistered:
    return ProviderRegistered(
        provider_id=provider_id, code=code, name=f"Công ty {code.upper()} (mẫu)", kinds=kinds, licence_number=None
    )  # fmt: skip
