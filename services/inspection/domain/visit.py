"""The course of an inspection: planned under a programme, started, minuted, concluded. The lead alone does this."""

from datetime import date
from uuid import UUID

from contracts.commands.inspection import ConcludeInspection, PlanInspection, SignMinutes, StartInspection
from contracts.envelope import Event
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionPlanned,
    InspectionStarted,
    MinutesSigned,
)
from contracts.refusals import Said
from services.inspection.domain.errors import MinutesMissing, WrongStage, must_not_be_future, must_not_precede
from services.inspection.domain.inspection import Inspection, Lead, Stage, must_exist
from services.inspection.domain.lead import must_be_lead, must_be_named_by_the_rule
from services.inspection.domain.programme import Programme, must_allow_visit

THE_START = Said("the start of the inspection")
THE_SIGNING = Said("the signing of the minutes")


def plan(
    programme: Programme, command: PlanInspection, *, inspection_id: UUID, area: str, lead: Lead
) -> tuple[Event, ...]:
    """`area` is the target's, `lead` what the lead rule says.

    Raises UnknownProgramme, ProgrammeNotApproved, OutsideProgramme.
    """
    must_allow_visit(programme, command.programme_id, command.planned_on)
    planned = InspectionPlanned(
        inspection_id=inspection_id,
        programme_id=command.programme_id,
        form=command.form,
        target_kind=command.target_kind,
        target_id=command.target_id,
        area=area,
        planned_on=command.planned_on,
    )
    return planned, InspectionLeadAssigned(inspection_id=inspection_id, agency=lead.agency, clause=lead.clause)


def start(
    inspection: Inspection, programme: Programme, command: StartInspection, *, by: str, today: date
) -> InspectionStarted:
    """Raises UnknownInspection, ReservedToAnother, WrongStage, FutureDate, ProgrammeNotApproved, OutsideProgramme."""
    must_exist(inspection, command.inspection_id)
    must_be_lead(inspection, by, Said("start the inspection"))
    if inspection.stage is not Stage.PLANNED:
        raise WrongStage("This inspection is {stage}: it started before.", stage=inspection.stage)
    must_not_be_future("started_on", command.started_on, today)
    if inspection.programme_id is not None:
        must_allow_visit(programme, inspection.programme_id, command.started_on)
    return InspectionStarted(inspection_id=command.inspection_id, started_on=command.started_on)


def sign_minutes(inspection: Inspection, command: SignMinutes, *, by: str, today: date) -> MinutesSigned:
    """Raises UnknownInspection, ReservedToAnother, WrongStage, FutureDate, DateTooEarly."""
    must_exist(inspection, command.inspection_id)
    must_be_lead(inspection, by, Said("enter the minutes"))
    if inspection.stage is not Stage.STARTED or inspection.started_on is None:
        raise WrongStage("Minutes are signed while an inspection runs; this one is {stage}.", stage=inspection.stage)
    must_not_be_future("signed_on", command.signed_on, today)
    must_not_precede("signed_on", command.signed_on, inspection.started_on, THE_START)
    if inspection.last_found_on is not None:
        must_not_precede("signed_on", command.signed_on, inspection.last_found_on, Said("the last violation found"))
    return MinutesSigned(inspection_id=command.inspection_id, number=command.number, signed_on=command.signed_on)


def conclude(
    inspection: Inspection, command: ConcludeInspection, *, by: str, named: Lead, today: date
) -> InspectionConcluded:
    """Ends the inspection. `named` is the lead that the rule names for what was found (HD-2.1d1, HD-2.3d).

    Raises UnknownInspection, WrongStage, ReservedToAnother, LeadNotTransferred, MinutesMissing, FutureDate,
    DateTooEarly.
    """
    must_exist(inspection, command.inspection_id)
    if inspection.stage is Stage.CONCLUDED:
        raise WrongStage("This inspection is concluded already.", stage=inspection.stage)
    must_be_named_by_the_rule(inspection, named, by, Said("conclude the inspection"))
    must_be_lead(inspection, by, Said("conclude the inspection"))
    if inspection.minutes_signed_on is None:
        raise MinutesMissing("An inspection is concluded on its signed minutes (biên bản); none are entered.")
    must_not_be_future("concluded_on", command.concluded_on, today)
    must_not_precede(
        "concluded_on", command.concluded_on, inspection.minutes_signed_on, Said("the signing of the minutes")
    )
    return InspectionConcluded(
        inspection_id=command.inspection_id,
        target_kind=inspection.target_kind,
        target_id=inspection.target_id,
        area=inspection.area,
        lead=inspection.lead.agency,
        agencies=inspection.agencies,
        violations=inspection.violations,
        concluded_on=command.concluded_on,
    )
