"""An inspection (thanh tra, kiểm tra) as its events leave it: stage, lead, team, what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from contracts.envelope import Event
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionLeadTransferred,
    InspectionPlanned,
    InspectionStarted,
    MinutesSigned,
    TeamMemberConfirmed,
    TeamMemberDeclined,
    TeamMemberInvited,
    ViolationFound,
)
from services.inspection.domain.errors import UnknownInspection


class Stage(StrEnum):
    ABSENT = "absent"
    PLANNED = "planned"
    STARTED = "started"
    MINUTED = "minuted"
    CONCLUDED = "concluded"


class Answer(StrEnum):
    """What an invited agency said."""

    PENDING = "pending"
    JOINED = "joined"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Basis:
    """An invited agency's place in the inspection: the clause that has it join, and what it answered."""

    clause: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Lead:
    """Who leads (chủ trì), and by which clause."""

    agency: str
    clause: str


NOBODY = Lead("", "")
NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Inspection:
    """`team` holds the invited agencies; the lead stands apart. Days are null until the step was taken."""

    stage: Stage = Stage.ABSENT
    programme_id: UUID | None = None
    target_kind: str = ""
    target_id: UUID = NOTHING
    area: str = ""
    lead: Lead = NOBODY
    team: Mapping[str, Basis] = field(default_factory=lambda: MappingProxyType({}))
    started_on: date | None = None
    last_found_on: date | None = None
    minutes_signed_on: date | None = None
    violations: int = 0
    information_security: bool = False
    """Whether a violation breaches information-security law: what the lead rule reads (HD-2.3d)."""
    handed_over: bool = False
    """Whether a reasoned decision gave the lead to another agency than at the start."""

    @property
    def agencies(self) -> tuple[str, ...]:
        """The lead and the agencies that joined, the lead first."""
        joined = (agency for agency, basis in self.team.items() if basis.answer is Answer.JOINED)
        return (self.lead.agency, *sorted(joined))

    def presence_of(self, agency: str) -> str | None:
        """The clause by which this agency is here: as lead, or as a member that joined; null when it is not here."""
        if agency == self.lead.agency:
            return self.lead.clause
        basis = self.team.get(agency)
        return basis.clause if basis is not None and basis.answer is Answer.JOINED else None

    def with_member(self, agency: str, basis: Basis) -> "Inspection":
        return replace(self, team=MappingProxyType({**self.team, agency: basis}))


CATEGORY = "inspection"
INITIAL = Inspection()


def must_exist(inspection: Inspection, inspection_id: UUID) -> None:
    """Raises UnknownInspection."""
    if inspection.stage is Stage.ABSENT:
        raise UnknownInspection("There is no inspection {inspection_id}.", inspection_id=inspection_id)


def evolve(inspection: Inspection, event: Event) -> Inspection:
    match event:
        case InspectionPlanned():
            return replace(
                inspection,
                stage=Stage.PLANNED,
                programme_id=event.programme_id,
                target_kind=event.target_kind,
                target_id=event.target_id,
                area=event.area,
            )
        case InspectionLeadAssigned():
            return replace(inspection, lead=Lead(event.agency, event.clause))
        case InspectionLeadTransferred():
            return _handed_over(inspection, event)
        case TeamMemberInvited(clause=str(clause)):
            return inspection.with_member(event.agency, Basis(clause, Answer.PENDING))
        case TeamMemberConfirmed():
            return _answered(inspection, event.agency, Answer.JOINED)
        case TeamMemberDeclined():
            return _answered(inspection, event.agency, Answer.DECLINED)
        case InspectionStarted():
            return replace(inspection, stage=Stage.STARTED, started_on=event.started_on)
        case ViolationFound():
            return replace(
                inspection,
                violations=inspection.violations + 1,
                information_security=inspection.information_security or event.information_security,
                last_found_on=max(event.found_on, inspection.last_found_on or event.found_on),
            )
        case MinutesSigned():
            return replace(inspection, stage=Stage.MINUTED, minutes_signed_on=event.signed_on)
        case InspectionConcluded():
            return replace(inspection, stage=Stage.CONCLUDED)
        case _:
            return inspection


def _answered(inspection: Inspection, agency: str, answer: Answer) -> Inspection:
    return inspection.with_member(agency, replace(inspection.team[agency], answer=answer))


def _handed_over(inspection: Inspection, event: InspectionLeadTransferred) -> Inspection:
    """The former lead stays in the team: the clause that gives another the lead has it cooperate."""
    team = {agency: basis for agency, basis in inspection.team.items() if agency != event.to_agency}
    team[event.from_agency] = Basis(event.clause, Answer.JOINED)
    return replace(inspection, lead=Lead(event.to_agency, event.clause), team=MappingProxyType(team), handed_over=True)
