"""Commands of one inspection, and the way to a given point of it."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from chassis.identity.principal import Principal
from contracts.commands.inspection import (
    AcceptInvitation,
    ApproveProgramme,
    ConcludeInspection,
    DraftProgramme,
    InviteTeamMember,
    PlanInspection,
    PlannedVisits,
    RecordViolation,
    StartInspection,
    SubmitProgramme,
)
from tests.integration.inspection.conftest import DIC, PPC, PPD, TODAY, Desk, agent

DECIDED = date(2009, 11, 2)


def approving(programme_id: UUID) -> ApproveProgramme:
    return ApproveProgramme(programme_id=programme_id, decision_number="310/QĐ-UBND", decided_on=DECIDED)


def submitted(desk: Desk, by: Principal = DIC) -> UUID:
    items = (PlannedVisits(area="nam-sach", quarter=4, visits=3),)
    drafted = desk.ask(by, DraftProgramme(title="Kế hoạch kiểm tra quý IV", year=2009, items=items))
    programme_id = UUID(drafted["programme_id"])
    desk.ask(by, SubmitProgramme(programme_id=programme_id, letter_number="21/TTr-STTTT"))
    return programme_id


def approved(desk: Desk) -> UUID:
    programme_id = submitted(desk)
    desk.ask(PPC, approving(programme_id))
    return programme_id


def planning(programme_id: UUID, target_id: UUID) -> PlanInspection:
    return PlanInspection(
        programme_id=programme_id, form="kiem-tra", target_kind="agent", target_id=target_id, planned_on=TODAY
    )


def planned(desk: Desk, by: Principal = DIC) -> dict[str, Any]:
    target_id = uuid4()
    desk.register(agent(target_id))
    return desk.ask(by, planning(approved(desk), target_id))


def running(desk: Desk) -> UUID:
    """An inspection led by the DIC, the police in the team, started today."""
    inspection_id = UUID(planned(desk)["inspection_id"])
    desk.ask(DIC, InviteTeamMember(inspection_id=inspection_id, agency="ppd"))
    desk.ask(PPD, AcceptInvitation(inspection_id=inspection_id, officers=2))
    desk.ask(DIC, StartInspection(inspection_id=inspection_id, started_on=TODAY))
    return inspection_id


def recording(
    inspection_id: UUID, category: str = "agent-without-contract", provision: str = "HD-5b"
) -> RecordViolation:
    return RecordViolation(
        inspection_id=inspection_id,
        category=category,
        provision=provision,
        found_on=TODAY,
        description="Không xuất trình được hợp đồng đại lý.",
    )


def conclude(inspection_id: UUID) -> ConcludeInspection:
    return ConcludeInspection(inspection_id=inspection_id, concluded_on=TODAY)
