"""What may be asked of inspection, over HTTP or over an agency's command topic."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Command
from contracts.text import Code, Line, Paragraphs, ProvisionRef


class PlannedVisits(BaseModel):
    """An item of a programme: visits in one area and quarter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: Code
    quarter: Annotated[int, Field(ge=1, le=4)]
    visits: Annotated[int, Field(ge=1, le=1000)]


class DraftProgramme(Command, type="inspection.draft-programme", version=1):
    """Draft an inspection programme for a year."""

    title: Line
    year: Annotated[int, Field(ge=2000, le=2100)]
    items: Annotated[tuple[PlannedVisits, ...], Field(min_length=1, max_length=200)]


class SubmitProgramme(Command, type="inspection.submit-programme", version=1):
    """Lay a draft before the provincial People's Committee."""

    programme_id: UUID
    letter_number: Line


class ApproveProgramme(Command, type="inspection.approve-programme", version=1):
    """Approve a submitted programme (HD-2.6b: the provincial People's Committee alone)."""

    programme_id: UUID
    decision_number: Line
    decided_on: date


class PlanInspection(Command, type="inspection.plan-inspection", version=1):
    """Plan the visit of one target under an approved programme."""

    programme_id: UUID
    form: Literal["thanh-tra", "kiem-tra"]
    target_kind: Literal["agent"]
    target_id: UUID
    planned_on: date


class InviteTeamMember(Command, type="inspection.invite-team-member", version=1):
    """Ask an agency to join the team."""

    inspection_id: UUID
    agency: Code


class AcceptInvitation(Command, type="inspection.accept-invitation", version=1):
    """Join the team with so many officers. The agency is the sender's own."""

    inspection_id: UUID
    officers: Annotated[int, Field(ge=1, le=50)]


class DeclineInvitation(Command, type="inspection.decline-invitation", version=1):
    """Say why the sender's agency does not join."""

    inspection_id: UUID
    reason: Paragraphs


class StartInspection(Command, type="inspection.start-inspection", version=1):
    """Begin the visit."""

    inspection_id: UUID
    started_on: date


class RecordViolation(Command, type="inspection.record-violation", version=1):
    """Enter a breach that a team member found, with the provision breached."""

    inspection_id: UUID
    category: Code
    provision: ProvisionRef
    found_on: date
    description: Paragraphs


class SignMinutes(Command, type="inspection.sign-minutes", version=1):
    """Enter the signed minutes."""

    inspection_id: UUID
    number: Line
    signed_on: date


class TransferInspectionLead(Command, type="inspection.transfer-inspection-lead", version=1):
    """Hand the inspection to the agency that the lead rule names, with the reason."""

    inspection_id: UUID
    to_agency: Code
    reason: Paragraphs


class ConcludeInspection(Command, type="inspection.conclude-inspection", version=1):
    """End the inspection: the leading agency's decision."""

    inspection_id: UUID
    concluded_on: date
