"""What the team finds: each violation says what empowered the finder and which provision was breached (§2.9)."""

from datetime import date
from uuid import UUID

from contracts.commands.inspection import RecordViolation
from contracts.events.inspection import ViolationFound
from services.inspection.domain.errors import NotInTeam, WrongStage, must_not_be_future, must_not_precede
from services.inspection.domain.inspection import Inspection, Stage, must_exist
from services.inspection.domain.visit import THE_START


def record_violation(
    inspection: Inspection,
    command: RecordViolation,
    *,
    violation_id: UUID,
    by: str,
    information_security: bool,
    today: date,
) -> ViolationFound:
    """Any member of the team, the lead included, enters a breach; category and provision were looked up before.

    Raises UnknownInspection, NotInTeam, WrongStage, FutureDate, DateTooEarly.
    """
    must_exist(inspection, command.inspection_id)
    presence = inspection.presence_of(by)
    if presence is None:
        raise NotInTeam(
            "{by} is not in the team of this inspection; {lead} leads it by {clause}, and invites.",
            by=by,
            lead=inspection.lead.agency,
            reserved_to=list(inspection.agencies),
            clause=inspection.lead.clause,
        )
    if inspection.stage is not Stage.STARTED or inspection.started_on is None:
        raise WrongStage(
            "Violations are entered after the start and before the minutes; this inspection is {stage}.",
            stage=inspection.stage,
        )
    must_not_be_future("found_on", command.found_on, today)
    must_not_precede("found_on", command.found_on, inspection.started_on, THE_START)
    return ViolationFound(
        violation_id=violation_id,
        inspection_id=command.inspection_id,
        target_kind=inspection.target_kind,
        target_id=inspection.target_id,
        area=inspection.area,
        category=command.category,
        provision=command.provision,
        empowered_by=presence,
        information_security=information_security,
        found_by=by,
        found_on=command.found_on,
        description=command.description,
    )
