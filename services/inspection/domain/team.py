"""The joint team: agencies are invited by the clause that has them cooperate, and answer for themselves."""

from contracts.commands.inspection import AcceptInvitation, DeclineInvitation, InviteTeamMember
from contracts.events.inspection import TeamMemberConfirmed, TeamMemberDeclined, TeamMemberInvited
from contracts.refusals import Said
from services.inspection.domain.errors import AlreadyInTeam, InvitationAnswered, NotInvited, WrongStage
from services.inspection.domain.inspection import Answer, Inspection, Stage, must_exist
from services.inspection.domain.lead import must_be_lead


def invite(inspection: Inspection, command: InviteTeamMember, *, by: str, clause: str) -> TeamMemberInvited:
    """`clause` has the agency cooperate in such inspections. Who declined may be asked again.

    Raises UnknownInspection, ReservedToAnother, WrongStage, AlreadyInTeam.
    """
    must_exist(inspection, command.inspection_id)
    must_be_lead(inspection, by, Said("invite to the team"))
    _must_run(inspection)
    if command.agency == inspection.lead.agency:
        raise AlreadyInTeam("{agency} leads this inspection.", agency=command.agency)
    known = inspection.team.get(command.agency)
    if known is not None and known.answer is Answer.JOINED:
        raise AlreadyInTeam("{agency} is in the team already.", agency=command.agency)
    if known is not None and known.answer is Answer.PENDING:
        raise AlreadyInTeam("{agency} was invited already and has not answered yet.", agency=command.agency)
    return TeamMemberInvited(inspection_id=command.inspection_id, agency=command.agency, clause=clause)


def accept(inspection: Inspection, command: AcceptInvitation, *, by: str) -> TeamMemberConfirmed:
    """Raises UnknownInspection, WrongStage, NotInvited, InvitationAnswered."""
    _must_await_answer(inspection, command, by)
    return TeamMemberConfirmed(inspection_id=command.inspection_id, agency=by, officers=command.officers)


def decline(inspection: Inspection, command: DeclineInvitation, *, by: str) -> TeamMemberDeclined:
    """Raises UnknownInspection, WrongStage, NotInvited, InvitationAnswered."""
    _must_await_answer(inspection, command, by)
    return TeamMemberDeclined(inspection_id=command.inspection_id, agency=by, reason=command.reason)


def _must_await_answer(inspection: Inspection, command: AcceptInvitation | DeclineInvitation, agency: str) -> None:
    must_exist(inspection, command.inspection_id)
    _must_run(inspection)
    basis = inspection.team.get(agency)
    if basis is None:
        raise NotInvited("{agency} was not invited to this inspection.", agency=agency)
    if basis.answer is not Answer.PENDING:
        raise InvitationAnswered(
            "{agency} answered this invitation already: {answer}.", agency=agency, answer=basis.answer
        )


def _must_run(inspection: Inspection) -> None:
    if inspection.stage in {Stage.MINUTED, Stage.CONCLUDED}:
        raise WrongStage(
            "The team is settled once the minutes are signed; this inspection is {stage}.",
            stage=inspection.stage,
        )
