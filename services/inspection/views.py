"""What the doors of inspection answer, and what its lists may be narrowed to."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from contracts.text import Code, ProvisionRef


class ProgrammeCreated(BaseModel):
    programme_id: UUID


class ProgrammeMoved(BaseModel):
    programme_id: UUID
    state: Literal["submitted", "approved"]


class InspectionCreated(BaseModel):
    """`lead` leads by `clause`."""

    inspection_id: UUID
    lead: str
    clause: str


class InspectionMoved(BaseModel):
    """What was done, by the members it has."""

    inspection_id: UUID
    agency: str | None = None
    officers: int | None = None
    clause: str | None = None
    lead: str | None = None
    number: str | None = None
    started_on: date | None = None
    violations: int | None = None


class ViolationRecorded(BaseModel):
    inspection_id: UUID
    violation_id: UUID
    empowered_by: str
    provision: str
    information_security: bool


class ProgrammeView(BaseModel):
    """A programme in a list. `version` is what `If-Match` takes."""

    programme_id: UUID
    version: int
    state: Literal["draft", "submitted", "approved"]
    title: str
    year: int
    letter_number: str | None
    decision_number: str | None
    decided_on: date | None
    drafted_at: datetime


class Progress(BaseModel):
    """Visits of one area and quarter. `foreseen` 0: a deviation, no item of the programme names it."""

    area: str
    quarter: int
    foreseen: int
    planned: int
    concluded: int


class ProgrammeDetail(ProgrammeView):
    """A programme with how far it has come."""

    progress: list[Progress]


class InspectionView(BaseModel):
    """An inspection in a list. The target's name is the register's; not confirmed: as a company claims it."""

    inspection_id: UUID
    version: int
    state: Literal["planned", "started", "minuted", "concluded"]
    programme_id: UUID | None
    form: str
    target_kind: str
    target_id: UUID
    target_name: str | None
    target_address: str | None
    target_confirmed: bool | None
    area: str
    planned_on: date
    lead: str
    lead_clause: str
    started_on: date | None
    minutes_number: str | None
    minutes_signed_on: date | None
    concluded_on: date | None
    violations: int
    information_security: bool


class ViolationView(BaseModel):
    """A violation: `empowered_by` had the finder there, `provision` is what was breached."""

    violation_id: UUID
    inspection_id: UUID
    target_kind: str
    target_id: UUID
    target_name: str | None
    target_address: str | None
    target_confirmed: bool | None
    area: str
    category: str
    provision: str
    empowered_by: str
    information_security: bool
    found_by: str
    found_on: date
    description: str


class MemberView(BaseModel):
    """An agency asked to join, the clause that has it join, and its answer."""

    agency: str
    clause: str | None
    answer: Literal["pending", "joined", "declined"]
    officers: int | None
    reason: str | None


class StepView(BaseModel):
    """One fact of the timeline; `position` is its place in the log."""

    step: int
    event_id: UUID
    type: str
    occurred_at: datetime
    position: int
    actor: str
    agency: str | None
    clause: str | None
    what: str


class InspectionDetail(InspectionView):
    """An inspection with its team, what was found, and its course."""

    team: list[MemberView]
    found: list[ViolationView]
    timeline: list[StepView]


class ProgrammeFilter(BaseModel):
    """What a list of programmes may be narrowed to."""

    state: Literal["draft", "submitted", "approved"] | None = None
    year: int | None = Field(default=None, ge=2000, le=2100)


class _InspectionFilter(BaseModel):
    """What a list of inspections may be narrowed to; `from` and `to` are days of the plan, both included."""

    state: Literal["planned", "started", "minuted", "concluded"] | None = None
    area: Code | None = None
    lead: Code | None = None
    programme_id: UUID | None = None
    target_id: UUID | None = None


class _ViolationFilter(BaseModel):
    """What a list of violations may be narrowed to; `from` and `to` are days they were found on, both included."""

    inspection_id: UUID | None = None
    target_id: UUID | None = None
    area: Code | None = None
    category: Code | None = None
    provision: ProvisionRef | None = None
    found_by: Code | None = None


def _with_days(name: str, base: type[BaseModel]) -> type[BaseModel]:
    """`from` is a word of Python, so it cannot be written in a class body."""
    day = (date | None, None)
    model: type[BaseModel] = create_model(name, __base__=base, __doc__=base.__doc__, **{"from": day, "to": day})  # type: ignore[call-overload]
    return model


InspectionFilter = _with_days("InspectionFilter", _InspectionFilter)
ViolationFilter = _with_days("ViolationFilter", _ViolationFilter)
