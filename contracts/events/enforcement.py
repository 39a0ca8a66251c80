"""Facts of enforcement: cases, rounds of demands, the orders in them, and what the companies did.

An order has one addressee, one target and one duty. `kind` is `contract-termination`, `line-cut` (the telecom company
that owns the line cuts it) or `line-cut-arrangement` (the ISP arranges the cut). `outcome` is `executed` or
`already-closed`. `document` is the order as issued, canonical JSON; `signature` its detached Ed25519 signature, base64.
"""

from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.text import ClauseId, Code, Line, Paragraphs, ProvisionRef


class CaseOpened(Event, type="enforcement.case-opened", version=1):
    """A violation became a case (hồ sơ xử lý)."""

    case_id: UUID
    violation_id: UUID
    inspection_id: UUID
    target_kind: Code
    target_id: UUID
    area: Code
    category: Code
    provision: ProvisionRef
    information_security: bool
    lead: Code
    lead_clause: ClauseId


class RoundIssued(Event, type="enforcement.round-issued", version=1):
    """A letter with demands went out (công văn, đợt): its head, dates and counts, never the list of targets."""

    round_id: UUID
    kind: Code
    letter_number: Line
    issued_on: date
    report_back_at: datetime
    reason: Paragraphs
    lead_request: Line | None
    orders: int


class ContractTerminationDemanded(Event, type="enforcement.contract-termination-demanded", version=1):
    """The DIC requires an ISP to end the contract with a violating agent (HD-2.1d3)."""

    order_id: UUID
    round_id: UUID
    case_id: UUID
    addressee_id: UUID
    agent_id: UUID
    contract_id: UUID
    report_back_at: datetime
    document: str
    signature: Line
    key_id: Line


class LineCutRequested(Event, type="enforcement.line-cut-requested", version=1):
    """The DIC requests that an agent's number or line is cut: one order to the ISP that arranges it, one to the
    telecom company that owns the line and confirms (HD-3c4). Never automatic."""

    order_id: UUID
    round_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    agent_id: UUID
    line_id: UUID
    report_back_at: datetime
    document: str
    signature: Line
    key_id: Line


class OrderAcknowledged(Event, type="enforcement.order-acknowledged", version=1):
    """The company says that it has the order."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    acknowledged_on: date


class OrderExecuted(Event, type="enforcement.order-executed", version=1):
    """The company reports that it did what was demanded."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    agent_id: UUID
    contract_id: UUID | None
    line_id: UUID | None
    outcome: Code
    executed_on: date
    evidence: Paragraphs


class OrderObjected(Event, type="enforcement.order-objected", version=1):
    """The company says why it did not do what was demanded."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    reason: Paragraphs


class ObjectionDecided(Event, type="enforcement.objection-decided", version=1):
    """The DIC decided on an objection: upheld (the order ends) or rejected (it stands, with a new date)."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    upheld: bool
    reason: Paragraphs
    report_back_at: datetime | None


class OrderWithdrawn(Event, type="enforcement.order-withdrawn", version=1):
    """The DIC took an order back."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    reason: Paragraphs


class OrderOverdue(Event, type="enforcement.order-overdue", version=1):
    """The report-back instant passed and the company has not said what it did."""

    order_id: UUID
    case_id: UUID
    kind: Code
    addressee_id: UUID
    agent_id: UUID
    report_back_at: datetime
    acknowledged: bool


class CaseOrderAdded(Event, type="enforcement.case-order-added", version=1):
    """An order belongs to this case; the case waits for it."""

    case_id: UUID
    order_id: UUID
    kind: Code


class CaseOrderOverdue(Event, type="enforcement.case-order-overdue", version=1):
    """An order of this case is overdue: it keeps the case open."""

    case_id: UUID
    order_id: UUID


class CaseOrderSettled(Event, type="enforcement.case-order-settled", version=1):
    """An order of this case came to its end. outcome: `executed`, `already-closed`, `objected`, `withdrawn`."""

    case_id: UUID
    order_id: UUID
    outcome: Code


class CaseRestrictionConfirmed(Event, type="enforcement.case-restriction-confirmed", version=1):
    """The register shows what the order was to bring about."""

    case_id: UUID
    order_id: UUID


class CaseClosed(Event, type="enforcement.case-closed", version=1):
    """Every order is settled and every restriction confirmed."""

    case_id: UUID
    orders: int


class CaseReopened(Event, type="enforcement.case-reopened", version=1):
    """A later order, such as a line cut after the contract ended, opened a closed case again."""

    case_id: UUID
    order_id: UUID
