"""Facts of the other services, as reporting hears of them."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP
from contracts.events.enforcement import OrderExecuted
from contracts.events.inspection import InspectionConcluded, TeamMemberConfirmed, ViolationFound
from contracts.events.reporting import FilingSubmitted, SummaryCompiled
from law.clauses import load_law

SCOPE = "hai-duong"
LAW = load_law()
DAY = date(2009, 11, 10)
NOON = datetime(2009, 11, 10, 5, tzinfo=UTC)


def uid(label: str) -> UUID:
    return uuid5(PHOIHOP, f"test/reporting/{label}")


ISP, TELECOM, AGENT, LIST = (uid(name) for name in ("isp", "telecom", "agent", "list"))


def concluded(lead: str, *members: str) -> InspectionConcluded:
    return InspectionConcluded(
        inspection_id=uid("inspection"),
        target_kind="agent",
        target_id=AGENT,
        area="nam-sach",
        lead=lead,
        agencies=(lead, *members),
        violations=1,
        concluded_on=DAY,
    )


def confirmed(agency: str) -> TeamMemberConfirmed:
    return TeamMemberConfirmed(inspection_id=uid("inspection"), agency=agency, officers=2)


def found_by(agency: str) -> ViolationFound:
    return ViolationFound(
        violation_id=uid("violation"),
        inspection_id=uid("inspection"),
        target_kind="agent",
        target_id=AGENT,
        area="nam-sach",
        category="agent-breach",
        provision="HD-5b",
        empowered_by="HD-2.3c1",
        information_security=False,
        found_by=agency,
        found_on=DAY,
        description="Không có hợp đồng đại lý",
    )


def executed(kind: str, addressee: UUID) -> OrderExecuted:
    return OrderExecuted(
        order_id=uid("order"),
        case_id=uid("case"),
        kind=kind,
        addressee_id=addressee,
        agent_id=AGENT,
        contract_id=None,
        line_id=None,
        outcome="executed",
        executed_on=DAY,
        evidence="Biên bản 07",
    )


filed = FilingSubmitted(
    filing_id=uid("filing"), provider_id=ISP, month="2009-10", part="agent-list", list_id=LIST, good=4, bad=1
)
compiled = SummaryCompiled(summary_id=uid("summary"), title="Tháng 11", as_of=NOON, sha256="0" * 64, content="{}")
