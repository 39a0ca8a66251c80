"""What inspection does when asked: load with version, ask for the power, decide, answer with what is to be appended.

The table at the foot says which command goes where.
"""

from typing import Any
from uuid import UUID

from chassis.store.append import Change, Decision
from chassis.store.commands import Context, Handler
from chassis.store.load import Fold, Loaded
from contracts.commands.inspection import (
    AcceptInvitation,
    ApproveProgramme,
    ConcludeInspection,
    DeclineInvitation,
    DraftProgramme,
    InviteTeamMember,
    PlanInspection,
    RecordViolation,
    SignMinutes,
    StartInspection,
    SubmitProgramme,
    TransferInspectionLead,
)
from contracts.envelope import Command, Event
from contracts.refusals import Forbidden
from law.clauses import load_law
from law.models import INFORMATION_SECURITY
from services.inspection.domain import finding, grounds, lead, team, visit
from services.inspection.domain import inspection as inspections
from services.inspection.domain import programme as programmes
from services.inspection.domain.errors import UnknownTarget
from services.inspection.domain.inspection import Inspection, Lead
from services.inspection.domain.programme import Programme
from services.inspection.projections.targets import AREA_OF_TARGET

PROGRAMME = Fold(programmes.CATEGORY, programmes.INITIAL, programmes.evolve)
INSPECTION = Fold(inspections.CATEGORY, inspections.INITIAL, inspections.evolve)


def draft_programme(command: DraftProgramme, context: Context) -> Decision:
    clause = context.require("programme.propose")
    programme_id = context.new_id("programme")
    areas = {area.code for area in load_law().province(context.scope).areas}
    drafted = programmes.draft(command, programme_id, areas)
    change = Change(programme_id, PROGRAMME.category, 0, (drafted,))
    return Decision((change,), response={"programme_id": str(programme_id)}, clause=clause)


def submit_programme(command: SubmitProgramme, context: Context) -> Decision:
    clause = context.require("programme.propose")
    found = context.load(PROGRAMME, command.programme_id)
    submitted = programmes.submit(found.state, command)
    return _programme_step(found, command.programme_id, submitted, "submitted", clause)


def approve_programme(command: ApproveProgramme, context: Context) -> Decision:
    """The provincial People's Committee alone (HD-2.6b)."""
    clause = context.require("programme.approve")
    found = context.load(PROGRAMME, command.programme_id)
    approved = programmes.approve(found.state, command, context.today)
    return _programme_step(found, command.programme_id, approved, "approved", clause)


def plan_inspection(command: PlanInspection, context: Context) -> Decision:
    area = _area_of(context, command.target_id)
    clause = context.require("inspection.plan", area=area)
    programme = context.load(PROGRAMME, command.programme_id).state
    inspection_id = context.new_id("inspection")
    own_area = grounds.own_area_of(load_law(), context.scope, _agency(context))
    named = _named(context, own_area, information_security=False)
    planned = visit.plan(programme, command, inspection_id=inspection_id, area=area, lead=named)
    change = Change(inspection_id, INSPECTION.category, 0, planned)
    answer = {"inspection_id": str(inspection_id), "lead": named.agency, "clause": named.clause}
    return Decision((change,), response=answer, clause=clause)


def invite_team_member(command: InviteTeamMember, context: Context) -> Decision:
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.invite", found.state)
    joins_by = grounds.joining_clause(
        load_law(),
        context.scope,
        command.agency,
        context.today,
        area=found.state.area,
        information_security=found.state.handed_over,
    )
    invited = team.invite(found.state, command, by=_agency(context), clause=joins_by)
    return _step(found, command.inspection_id, invited, clause, agency=command.agency, clause=joins_by)


def accept_invitation(command: AcceptInvitation, context: Context) -> Decision:
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.join", found.state)
    joined = team.accept(found.state, command, by=_agency(context))
    return _step(found, command.inspection_id, joined, clause, agency=joined.agency, officers=joined.officers)


def decline_invitation(command: DeclineInvitation, context: Context) -> Decision:
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.join", found.state)
    declined = team.decline(found.state, command, by=_agency(context))
    return _step(found, command.inspection_id, declined, clause, agency=declined.agency)


def start_inspection(command: StartInspection, context: Context) -> Decision:
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.start", found.state)
    programme = programmes.INITIAL
    if found.state.programme_id is not None:
        programme = context.load(PROGRAMME, found.state.programme_id).state
    started = visit.start(found.state, programme, command, by=_agency(context), today=context.today)
    return _step(found, command.inspection_id, started, clause, started_on=started.started_on.isoformat())


def record_violation(command: RecordViolation, context: Context) -> Decision:
    """`category` says whether information-security law is breached; `provision` must have been in force when found."""
    found = _load(context, command.inspection_id)
    _require(context, "inspection.record-finding", found.state)
    law = load_law()
    information_security = grounds.breaches_information_security(law, command.category)
    violation = finding.record_violation(
        found.state,
        command,
        violation_id=context.new_id("violation"),
        by=_agency(context),
        information_security=information_security,
        today=context.today,
    )
    grounds.must_be_breachable(law, context.scope, command.provision, command.found_on)
    answer: dict[str, Any] = {
        "violation_id": str(violation.violation_id),
        "empowered_by": violation.empowered_by,
        "provision": violation.provision,
        "information_security": information_security,
    }
    return _step(found, command.inspection_id, violation, violation.empowered_by, **answer)


def sign_minutes(command: SignMinutes, context: Context) -> Decision:
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.lead", found.state)
    signed = visit.sign_minutes(found.state, command, by=_agency(context), today=context.today)
    return _step(found, command.inspection_id, signed, clause, number=signed.number)


def transfer_lead(command: TransferInspectionLead, context: Context) -> Decision:
    """A reasoned decision, possible once a breach of information-security law was found (HD-2.3d)."""
    found = _load(context, command.inspection_id)
    clause = _require(context, "inspection.transfer-lead", found.state)
    named = _named_now(context, found.state)
    transferred = lead.transfer(found.state, command, by=_agency(context), named=named)
    return _step(found, command.inspection_id, transferred, clause, lead=named.agency, clause=named.clause)


def conclude_inspection(command: ConcludeInspection, context: Context) -> Decision:
    """The lead's decision; what was found may have given the lead to another (HD-2.1d1, HD-2.3d)."""
    found = _load(context, command.inspection_id)
    subject = INFORMATION_SECURITY if found.state.information_security else None
    clause = context.require("inspection.conclude", area=found.state.area, category=subject)
    named = _named_now(context, found.state)
    concluded = visit.conclude(found.state, command, by=_agency(context), named=named, today=context.today)
    return _step(found, command.inspection_id, concluded, clause, violations=concluded.violations)


def _agency(context: Context) -> str:
    if context.principal.agency is None:
        raise Forbidden("Only agencies take part in inspections.")
    return context.principal.agency


def _load(context: Context, inspection_id: UUID) -> Loaded[Inspection]:
    found = context.load(INSPECTION, inspection_id)
    inspections.must_exist(found.state, inspection_id)
    return found


def _require(context: Context, action: str, inspection: Inspection) -> str | None:
    """The power to act in the inspection as it is led now; the domain then asks whether the agency is the lead."""
    subject = INFORMATION_SECURITY if inspection.handed_over else None
    return context.require(action, area=inspection.area, category=subject)


def _area_of(context: Context, target_id: UUID) -> str:
    """The read model of the register may lag: a client that has just registered an agent asks once more."""
    rows = context.query(AREA_OF_TARGET, (target_id,))
    if not rows:
        raise UnknownTarget("No Internet agent {target_id} is known here (yet).", target_id=target_id)
    area: str = rows[0][0]
    return area


def _named(context: Context, own_area: str | None, *, information_security: bool) -> Lead:
    return grounds.lead_for(
        load_law(), context.scope, context.today, own_area=own_area, information_security=information_security
    )


def _named_now(context: Context, inspection: Inspection) -> Lead:
    """The lead that the rule names for what was found so far."""
    own_area = grounds.own_area_of(load_law(), context.scope, inspection.lead.agency)
    return _named(context, own_area, information_security=inspection.information_security)


def _step(found: Loaded[Inspection], inspection_id: UUID, event: Event, by_clause: str | None, **said: Any) -> Decision:
    change = Change(inspection_id, INSPECTION.category, found.version, (event,))
    return Decision((change,), response={"inspection_id": str(inspection_id), **said}, clause=by_clause)


def _programme_step(
    found: Loaded[Programme], programme_id: UUID, event: Event, state: str, clause: str | None
) -> Decision:
    change = Change(programme_id, PROGRAMME.category, found.version, (event,))
    return Decision((change,), response={"programme_id": str(programme_id), "state": state}, clause=clause)


COMMANDS: dict[type[Command], Handler] = {
    DraftProgramme: draft_programme,
    SubmitProgramme: submit_programme,
    ApproveProgramme: approve_programme,
    PlanInspection: plan_inspection,
    InviteTeamMember: invite_team_member,
    AcceptInvitation: accept_invitation,
    DeclineInvitation: decline_invitation,
    StartInspection: start_inspection,
    RecordViolation: record_violation,
    SignMinutes: sign_minutes,
    TransferInspectionLead: transfer_lead,
    ConcludeInspection: conclude_inspection,
}
