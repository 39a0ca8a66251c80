"""What happens in a small province: facts of four services around one case, stream by stream, as the bus has them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from chassis.consume.message import Received
from contracts.envelope import PHOIHOP, Envelope, Event, Metadata
from contracts.events.enforcement import (
    CaseClosed,
    CaseOpened,
    CaseOrderAdded,
    CaseOrderSettled,
    CaseReopened,
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderAcknowledged,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
    OrderWithdrawn,
    RoundIssued,
)
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionPlanned,
    TeamMemberConfirmed,
    ViolationFound,
)
from contracts.events.notify import WebhookDelivered
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentListReceived,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    LineAttached,
    LineCut,
    LineRestored,
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


def messages() -> list[Received[Event]]:
    """Service by service, stream by stream."""
    return list(_messages())


def _messages() -> Iterator[Received[Event]]:
    for service, streams in STREAMS.items():
        position = 0
        for stream, events in streams:
            for version, event in enumerate(events, start=1):
                position += 1
                yield message(service, stream, version, event, position)


def message(
    service: str, stream: UUID, version: int, event: Event, position: int, agency: str | None = None
) -> Received[Event]:
    """`sequenced_at` is a second a position after noon."""
    event_id = uuid5(stream, f"{version}")
    metadata = Metadata(
        actor=f"service:{service}", agency=agency, correlation_id=uid("correlation"), causation_id=uid("cause")
    )
    envelope = Envelope(
        source=service,
        event_id=event_id,
        type=event.message_type,
        schema_version=event.schema_version,
        stream_id=stream,
        stream_version=version,
        scope=SCOPE,
        occurred_at=NOON,
        sequenced_at=NOON + timedelta(seconds=position),
        epoch=1,
        position=position,
        prev=0,
        meta=metadata.model_dump_json().encode(),
        data=event.model_dump_json().encode(),
    )
    return Received(envelope, event, f"{service}.events.v1", 0, position)
