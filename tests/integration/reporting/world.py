"""What happens in a small province: facts of four services around one case, stream by stream, as the bus has them."""

from collections.abc import Sequence
from uuid import UUID

from contracts.envelope import Event
from contracts.events.enforcement import (
    CaseClosed,
    CaseOpened,
    CaseOrderAdded,
    CaseOrderSettled,
    CaseReopened,
    LineCutRequested,
    OrderAcknowledged,
    OrderWithdrawn,
    RoundIssued,
)
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionPlanned,
    TeamMemberConfirmed,
)
from contracts.events.notify import WebhookDelivered
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentListReceived,
    ContractTerminated,
    LineCut,
    LineRestored,
)
from tests.integration.reporting.province import (
    CASE,
    CLAIMED_LINE,
    CUT,
    CUT_LINE,
    DAY,
    EXECUTED,
    FIRST,
    INSPECTION,
    ISP,
    LATER,
    LIST,
    OBJECTED,
    OTHER_VIOLATION,
    OVERDUE,
    RESTORED_LINE,
    ROUND,
    SECOND,
    TELECOM,
    THIRD,
    UPHELD,
    VIOLATION,
    WAITING,
    WITHDRAWN,
    attached,
    claim,
    decided,
    demanded,
    executed,
    objected,
    overdue,
    provider,
    registered,
    uid,
    violation,
)

STREAMS: dict[str, list[tuple[UUID, Sequence[Event]]]] = {
    "registry": [
        (ISP, [provider(ISP, "net-a", "isp")]),
        (TELECOM, [provider(TELECOM, "vt", "telecom")]),
        (
            LIST,
            [
                AgentListReceived(
                    list_id=LIST, provider_id=ISP, month="2009-10", sha256="0" * 64, good=3, bad=1, duplicates=0
                )
            ],
        ),
        (
            FIRST,
            [
                claim(FIRST, "chi-linh", CUT_LINE),
                registered(FIRST, "nam-sach"),
                AgencyContractSigned(
                    contract_id=uid(f"contract/{FIRST}"),
                    agent_id=FIRST,
                    provider_id=ISP,
                    number="HĐ-1",
                    signed_on=DAY,
                ),
                claim(FIRST, "chi-linh", CUT_LINE),
                ContractTerminated(
                    contract_id=uid(f"contract/{FIRST}"),
                    agent_id=FIRST,
                    provider_id=ISP,
                    terminated_on=DAY,
                    order_id=EXECUTED,
                    case_id=CASE,
                ),
            ],
        ),
        (
            SECOND,
            [
                claim(SECOND, "nam-sach"),
                registered(SECOND, "nam-sach"),
                AgentClosed(agent_id=SECOND, closed_on=DAY, reason="Nghỉ"),
            ],
        ),
        (THIRD, [claim(THIRD, "nam-sach", CLAIMED_LINE)]),
        (
            CUT_LINE,
            [
                attached(CUT_LINE),
                LineCut(line_id=CUT_LINE, agent_id=FIRST, cut_on=DAY, order_id=CUT, case_id=CASE),
            ],
        ),
        (
            RESTORED_LINE,
            [
                attached(RESTORED_LINE),
                LineCut(line_id=RESTORED_LINE, agent_id=FIRST, cut_on=DAY, order_id=uid("old"), case_id=uid("old")),
                LineRestored(line_id=RESTORED_LINE, agent_id=FIRST, restored_on=DAY, decision="QĐ 12"),
            ],
        ),
    ],
    "inspection": [
        (
            INSPECTION,
            [
                InspectionPlanned(
                    inspection_id=INSPECTION,
                    programme_id=None,
                    form="kiem-tra",
                    target_kind="agent",
                    target_id=FIRST,
                    area="nam-sach",
                    planned_on=DAY,
                ),
                InspectionLeadAssigned(inspection_id=INSPECTION, agency="dic", clause="HD-2.1d1"),
                TeamMemberConfirmed(inspection_id=INSPECTION, agency="ppd", officers=2),
                violation(VIOLATION, "HD-5b"),
                violation(OTHER_VIOLATION, "ND 97/2008"),
                InspectionConcluded(
                    inspection_id=INSPECTION,
                    target_kind="agent",
                    target_id=FIRST,
                    area="nam-sach",
                    lead="dic",
                    agencies=("dic", "ppd"),
                    violations=2,
                    concluded_on=DAY,
                ),
            ],
        )
    ],
    "enforcement": [
        (
            CASE,
            [
                CaseOpened(
                    case_id=CASE,
                    violation_id=VIOLATION,
                    inspection_id=INSPECTION,
                    target_kind="agent",
                    target_id=FIRST,
                    area="nam-sach",
                    category="agent-breach",
                    provision="HD-5b",
                    information_security=False,
                    lead="dic",
                    lead_clause="HD-2.1d1",
                ),
                CaseOrderAdded(case_id=CASE, order_id=EXECUTED, kind="contract-termination"),
                CaseOrderSettled(case_id=CASE, order_id=EXECUTED, outcome="executed"),
                CaseClosed(case_id=CASE, orders=1),
                CaseReopened(case_id=CASE, order_id=CUT),
            ],
        ),
        (
            uid("case/other"),
            [
                CaseOpened(
                    case_id=uid("case/other"),
                    violation_id=OTHER_VIOLATION,
                    inspection_id=INSPECTION,
                    target_kind="agent",
                    target_id=FIRST,
                    area="nam-sach",
                    category="agent-breach",
                    provision="ND 97/2008",
                    information_security=False,
                    lead="dic",
                    lead_clause="HD-2.1d1",
                ),
                CaseClosed(case_id=uid("case/other"), orders=0),
            ],
        ),
        (
            ROUND,
            [
                RoundIssued(
                    round_id=ROUND,
                    kind="contract-termination",
                    letter_number="21/STTTT",
                    issued_on=DAY,
                    report_back_at=LATER,
                    reason="Vi phạm",
                    lead_request=None,
                    orders=6,
                )
            ],
        ),
        (
            EXECUTED,
            [
                demanded(EXECUTED),
                OrderAcknowledged(
                    order_id=EXECUTED,
                    case_id=CASE,
                    kind="contract-termination",
                    addressee_id=ISP,
                    acknowledged_on=DAY,
                ),
                overdue(EXECUTED),
                executed(EXECUTED, "contract-termination", ISP),
            ],
        ),
        (
            CUT,
            [
                LineCutRequested(
                    order_id=CUT,
                    round_id=uid("round/2"),
                    case_id=CASE,
                    kind="line-cut",
                    addressee_id=TELECOM,
                    agent_id=FIRST,
                    line_id=CUT_LINE,
                    report_back_at=LATER,
                    document="{}",
                    signature="c2lnbmVk",
                    key_id="0123456789abcdef",
                ),
                executed(CUT, "line-cut", TELECOM),
            ],
        ),
        (OVERDUE, [demanded(OVERDUE), overdue(OVERDUE)]),
        (OBJECTED, [demanded(OBJECTED), overdue(OBJECTED), objected(OBJECTED)]),
        (UPHELD, [demanded(UPHELD), objected(UPHELD), decided(UPHELD, upheld=True)]),
        (WAITING, [demanded(WAITING), overdue(WAITING), objected(WAITING), decided(WAITING, upheld=False)]),
        (
            WITHDRAWN,
            [
                demanded(WITHDRAWN),
                OrderWithdrawn(
                    order_id=WITHDRAWN,
                    case_id=CASE,
                    kind="contract-termination",
                    addressee_id=ISP,
                    reason="Nhầm",
                ),
            ],
        ),
    ],
    "notify": [
        (
            uid("endpoint"),
            [
                WebhookDelivered(
                    message_id=uid("message"),
                    endpoint_id=uid("endpoint"),
                    provider_id=ISP,
                    order_id=EXECUTED,
                    webhook_type="contract-termination-demanded",
                    attempts=3,
                )
            ],
        )
    ],
}
"""By service: each stream with its facts in order."""
