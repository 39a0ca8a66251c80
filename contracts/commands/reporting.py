"""What may be asked of reporting."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Command
from contracts.text import ClauseId, Code, Line, Month, Role


class PutInstrumentInForce(Command, type="reporting.put-instrument-in-force", version=1):
    """Register an instrument of the loaded law in this province."""

    instrument_id: Code


class RegisteredCompany(BaseModel):
    """A company of the register, with what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider_id: UUID
    kinds: tuple[Literal["isp", "telecom"], ...]


class AssignDuties(Command, type="reporting.assign-duties", version=1):
    """Assign every duty of the instruments in force on that day that has no stream yet: of agencies and classes, and of
    these companies."""

    on_day: date
    companies: Annotated[tuple[RegisteredCompany, ...], Field(max_length=100)] = ()


class ReportDuty(Command, type="reporting.report-duty", version=1):
    """Enter that something was done about a duty, in the month for which it counts."""

    clause: ClauseId
    holder: Line
    role: Role
    evidence_type: Line
    evidence_id: UUID
    done_on: date
    month: Month


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
