"""Facts of inspections: programme, team, visit, violations, conclusion."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.text import ClauseId, Code, Line, Paragraphs, ProvisionRef


class ProgrammeItem(BaseModel):
    """What a programme foresees in one area and quarter (1 to 4): how many agents are to be visited."""

    model_config = ConfigDict(frozen=True)

    area: Code
    quarter: int
    visits: int


class ProgrammeDrafted(Event, type="inspection.programme-drafted", version=1):
    """An inspection programme (chương trình thanh tra, kiểm tra) stands as a draft."""

    programme_id: UUID
    title: Line
    year: int
    items: tuple[ProgrammeItem, ...]


class ProgrammeSubmitted(Event, type="inspection.programme-submitted", version=1):
    """The draft lies before the provincial People's Committee."""

    programme_id: UUID
    letter_number: Line


class ProgrammeApproved(Event, type="inspection.programme-approved", version=1):
    """The provincial People's Committee approved the programme (HD-2.6b)."""

    programme_id: UUID
    decision_number: Line
    decided_on: date


class InspectionPlanned(Event, type="inspection.inspection-planned", version=1):
    """A visit is planned. form: `thanh-tra` or `kiem-tra`; target_kind: `agent` …, a code that may grow."""

    inspection_id: UUID
    programme_id: UUID | None
    form: Code
    target_kind: Code
    target_id: UUID
    area: Code
    planned_on: date


class InspectionLeadAssigned(Event, type="inspection.inspection-lead-assigned", version=1):
    """Who leads (chủ trì), and by which clause."""

    inspection_id: UUID
    agency: Code
    clause: ClauseId


class InspectionLeadTransferred(Event, type="inspection.inspection-lead-transferred", version=1):
    """A reasoned decision handed the inspection to another agency, also in its middle (HD-2.3d)."""

    inspection_id: UUID
    from_agency: Code
    to_agency: Code
    clause: ClauseId
    reason: Paragraphs


class TeamMemberInvited(Event, type="inspection.team-member-invited", version=1):
    """An agency is asked to join, by the clause that makes it cooperate."""

    inspection_id: UUID
    agency: Code
    clause: ClauseId | None


class TeamMemberConfirmed(Event, type="inspection.team-member-confirmed", version=1):
    """The agency joins the team; `officers` counts the people it sends."""

    inspection_id: UUID
    agency: Code
    officers: int


class TeamMemberDeclined(Event, type="inspection.team-member-declined", version=1):
    """The agency does not join, and says why."""

    inspection_id: UUID
    agency: Code
    reason: Paragraphs


class InspectionStarted(Event, type="inspection.inspection-started", version=1):
    """The team is at the place."""

    inspection_id: UUID
    started_on: date


class ViolationFound(Event, type="inspection.violation-found", version=1):
    """A breach was established. Two references: `empowered_by`, the clause that empowers the inspection, and
    `provision`, what was breached (requirements §2.9). `information_security` is what the lead rule reads (HD-2.3d)."""

    violation_id: UUID
    inspection_id: UUID
    target_kind: Code
    target_id: UUID
    area: Code
    category: Code
    provision: ProvisionRef
    empowered_by: ClauseId
    information_security: bool
    found_by: Code
    found_on: date
    description: Paragraphs


class MinutesSigned(Event, type="inspection.minutes-signed", version=1):
    """The minutes (biên bản) carry their signatures."""

    inspection_id: UUID
    number: Line
    signed_on: date


class InspectionConcluded(Event, type="inspection.inspection-concluded", version=1):
    """The inspection is over, with so many violations."""

    inspection_id: UUID
    target_kind: Code
    target_id: UUID
    area: Code
    lead: Code
    agencies: tuple[Code, ...]
    violations: int
    concluded_on: date
