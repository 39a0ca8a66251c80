"""What may be asked of reporting."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.envelope import Command
from contracts.text import Code, Line, Month


class PutInstrumentInForce(Command, type="reporting.put-instrument-in-force", version=1):
    """Register an instrument of the loaded law in this province."""

    instrument_id: Code


class AssignDuties(Command, type="reporting.assign-duties", version=1):
    """Assign every duty of the instruments in force that has no row yet, for these registered companies."""

    on_day: date
    company_ids: Annotated[tuple[UUID, ...], Field(max_length=5_000)] = ()


class ReportDuty(Command, type="reporting.report-duty", version=1):
    """Enter that something was done about a duty."""

    duty_id: UUID
    evidence_type: Line
    evidence_id: UUID
    done_on: date


class RecordFilingPart(Command, type="reporting.record-filing-part", version=1):
    """Enter that a part of a company's monthly filing came in (HD-3b)."""

    provider_id: UUID
    month: Month
    part: Code
    list_id: UUID
    good: int
    bad: int


class CompileSummary(Command, type="reporting.compile-summary", version=1):
    """Make a summary of what stands now."""

    title: Line
