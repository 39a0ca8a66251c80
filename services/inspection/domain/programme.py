"""The programme (chương trình thanh tra, kiểm tra): drafted, laid before the committee, approved by it (HD-2.6b)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.commands.inspection import ApproveProgramme, DraftProgramme, SubmitProgramme
from contracts.envelope import Event
from contracts.events.inspection import ProgrammeApproved, ProgrammeDrafted, ProgrammeItem, ProgrammeSubmitted
from contracts.refusals import Invalid, Said
from services.inspection.domain.errors import (
    OutsideProgramme,
    ProgrammeAlreadyPast,
    ProgrammeNotApproved,
    ProgrammeNotSubmitted,
    UnknownArea,
    UnknownProgramme,
    must_not_be_future,
)


class Stage(StrEnum):
    ABSENT = "absent"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Programme:
    stage: Stage = Stage.ABSENT
    year: int = 0
    approved_on: date | None = None


CATEGORY = "programme"
INITIAL = Programme()


def draft(command: DraftProgramme, programme_id: UUID, areas: Collection[str]) -> ProgrammeDrafted:
    """`areas` are the codes of the province's areas. Raises UnknownArea, and Invalid for an area and quarter twice."""
    seen: set[tuple[str, int]] = set()
    for place, item in enumerate(command.items):
        if item.area not in areas:
            raise UnknownArea("'{area}' is no area of the province.", area=item.area, place=f"items.{place}.area")
        if (item.area, item.quarter) in seen:
            reason = Said("{area} in quarter {quarter} stands here twice", area=item.area, quarter=item.quarter)
            raise Invalid("An area and quarter may stand once.", errors=[{"place": f"items.{place}", "reason": reason}])
        seen.add((item.area, item.quarter))
    items = tuple(ProgrammeItem(**item.model_dump()) for item in command.items)
    return ProgrammeDrafted(programme_id=programme_id, title=command.title, year=command.year, items=items)


def submit(programme: Programme, command: SubmitProgramme) -> ProgrammeSubmitted:
    """Raises UnknownProgramme, ProgrammeAlreadyPast."""
    _must_exist(programme, command.programme_id)
    if programme.stage is not Stage.DRAFT:
        raise ProgrammeAlreadyPast("This programme was laid before the provincial People's Committee already.")
    return ProgrammeSubmitted(programme_id=command.programme_id, letter_number=command.letter_number)


def approve(programme: Programme, command: ApproveProgramme, today: date) -> ProgrammeApproved:
    """Raises UnknownProgramme, ProgrammeNotSubmitted, ProgrammeAlreadyPast, FutureDate."""
    _must_exist(programme, command.programme_id)
    if programme.stage is Stage.DRAFT:
        raise ProgrammeNotSubmitted("The draft must be submitted before the committee can approve it.")
    if programme.stage is Stage.APPROVED:
        raise ProgrammeAlreadyPast("This programme is approved already.")
    must_not_be_future("decided_on", command.decided_on, today)
    return ProgrammeApproved(
        programme_id=command.programme_id, decision_number=command.decision_number, decided_on=command.decided_on
    )


def must_allow_visit(programme: Programme, programme_id: UUID, day: date) -> None:
    """A visit needs a programme that was approved by that day, and of that year (HD-2.6b).

    An area or quarter that no item names is a deviation: it is counted, not refused.
    Raises UnknownProgramme, ProgrammeNotApproved, OutsideProgramme.
    """
    _must_exist(programme, programme_id)
    if programme.approved_on is None:
        raise ProgrammeNotApproved(
            "A visit needs a programme that the provincial People's Committee (ppc) has approved; this one is {stage}.",
            stage=programme.stage,
            clause="HD-2.6b",
        )
    if day < programme.approved_on:
        raise ProgrammeNotApproved(
            "The programme was approved on {approved_on}; {day} is before that.",
            approved_on=programme.approved_on.isoformat(),
            day=day.isoformat(),
            clause="HD-2.6b",
        )
    if day.year != programme.year:
        raise OutsideProgramme(
            "The programme is for {year}, the visit for {visit_year}.", year=programme.year, visit_year=day.year
        )


def _must_exist(programme: Programme, programme_id: UUID) -> None:
    if programme.stage is Stage.ABSENT:
        raise UnknownProgramme("There is no inspection programme {programme_id}.", programme_id=programme_id)


def evolve(programme: Programme, event: Event) -> Programme:
    match event:
        case ProgrammeDrafted():
            return replace(programme, stage=Stage.DRAFT, year=event.year)
        case ProgrammeSubmitted():
            return replace(programme, stage=Stage.SUBMITTED)
        case ProgrammeApproved():
            return replace(programme, stage=Stage.APPROVED, approved_on=event.decided_on)
        case _:
            return programme
