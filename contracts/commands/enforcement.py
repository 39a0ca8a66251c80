"""What may be asked of enforcement: by officers of the DIC, and by the companies that received an order."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Command
from contracts.text import Line, Paragraphs


class IssueTerminationRound(Command, type="enforcement.issue-termination-round", version=1):
    """Demand the end of the live agency contracts of these cases' agents, with a report-back instant (HD-2.1d3)."""

    letter_number: Line
    report_back_at: AwareDatetime
    reason: Paragraphs
    case_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=500)]
    lead_request: Line | None = None
    """Number of the police's recorded request, needed when the police lead one of these cases (HD-2.3d)."""


class RequestLineCut(Command, type="enforcement.request-line-cut", version=1):
    """Request the cut of lines of one agent (HD-3c4): the ISP arranges, the telecom company that owns one cuts it."""

    case_id: UUID
    letter_number: Line
    report_back_at: AwareDatetime
    reason: Paragraphs
    line_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=100)]
    lead_request: Line | None = None
    """Number of the police's recorded request, needed when the police lead this case (HD-2.3d)."""


class AcknowledgeOrder(Command, type="enforcement.acknowledge-order", version=1):
    """The company has the order."""

    order_id: UUID


class ReportExecution(Command, type="enforcement.report-execution", version=1):
    """The company did what was demanded, or found it done already."""

    order_id: UUID
    outcome: Literal["executed", "already-closed"]
    executed_on: date
    evidence: Paragraphs


class ObjectToOrder(Command, type="enforcement.object-to-order", version=1):
    """The company says why it does not do what was demanded."""

    order_id: UUID
    reason: Paragraphs


class DecideObjection(Command, type="enforcement.decide-objection", version=1):
    """Uphold an objection, or reject it with a new report-back instant."""

    order_id: UUID
    upheld: bool
    reason: Paragraphs
    report_back_at: AwareDatetime | None = None


class WithdrawOrder(Command, type="enforcement.withdraw-order", version=1):
    """Take an order back."""

    order_id: UUID
    reason: Paragraphs


class MarkOrderOverdue(Command, type="enforcement.mark-order-overdue", version=1):
    """The report-back instant passed (a timer's command)."""

    order_id: UUID
