"""The joint team: only invited agencies answer, once, and only members record what they find."""

import pytest

from contracts.commands.inspection import AcceptInvitation, DeclineInvitation, InviteTeamMember
from contracts.refusals import NoBasis, ReservedToAnother
from law.clauses import load_law
from services.inspection.domain import errors, grounds, team
from tests.unit.inspection.facts import (
    INSPECTION,
    PLANNED,
    RUNNING,
    SCOPE,
    TODAY,
    declined,
    handed_over,
    invited,
    joined,
    minutes,
    of_inspection,
)

given = of_inspection.given
accepting = AcceptInvitation(inspection_id=INSPECTION, officers=2)
declining = DeclineInvitation(inspection_id=INSPECTION, reason="Trùng lịch công tác")


def inviting(agency: str) -> InviteTeamMember:
    return InviteTeamMember(inspection_id=INSPECTION, agency=agency)


@pytest.mark.parametrize(
    ("agency", "clause"),
    [
        pytest.param("ppd", "HD-2.3c1", marks=pytest.mark.clause("HD-2.3c1")),
        pytest.param("dcst", "HD-2.2", marks=pytest.mark.clause("HD-2.2")),
        pytest.param("dpi", "HD-2.5a", marks=pytest.mark.clause("HD-2.5a")),
        pytest.param("doet", "HD-2.1d1", marks=pytest.mark.clause("HD-2.1d1")),
        pytest.param("dpc.nam-sach", "HD-2.1d1", marks=pytest.mark.clause("HD-2.1d1")),
    ],
)
def test_each_agency_joins_by_its_own_clause(agency: str, clause: str) -> None:
    assert clause == grounds.joining_clause(
        load_law(), SCOPE, agency, TODAY, area="nam-sach", information_security=False
    )


@pytest.mark.clause("HD-2.3d")
def test_the_department_cooperates_where_the_police_lead() -> None:
    assert (
        grounds.joining_clause(load_law(), SCOPE, "dic", TODAY, area="nam-sach", information_security=True) == "HD-2.3d"
    )


@pytest.mark.parametrize("agency", ["wu", "dpc.chi-linh"])
def test_nobody_is_invited_without_a_basis(agency: str) -> None:
    """The union has no part in inspections; another district's committee has none in this area."""
    with pytest.raises(NoBasis):
        grounds.joining_clause(load_law(), SCOPE, agency, TODAY, area="nam-sach", information_security=False)


def test_an_agency_that_does_not_exist_is_named_as_such() -> None:
    with pytest.raises(errors.UnknownAgency):
        grounds.joining_clause(load_law(), SCOPE, "dept-x", TODAY, area="nam-sach", information_security=False)


@pytest.mark.clause("HD-2.3c1")
def test_the_lead_invites_and_the_police_join() -> None:
    given(*PLANNED).when(lambda state: team.invite(state, inviting("ppd"), by="dic", clause="HD-2.3c1")).then_(
        invited("ppd", "HD-2.3c1")
    ).when(lambda state: team.accept(state, accepting, by="ppd")).then_(joined("ppd"))


@pytest.mark.clause("HD-2.1d1")
def test_only_the_lead_invites() -> None:
    given(*RUNNING).when(lambda state: team.invite(state, inviting("dcst"), by="ppd", clause="HD-2.2")).then_raises(
        ReservedToAnother, reserved_to=["dic"], clause="HD-2.1d1"
    )


def test_who_leads_or_belongs_to_the_team_needs_no_invitation() -> None:
    given(*RUNNING).when(lambda state: team.invite(state, inviting("dic"), by="dic", clause="HD-2.1d1")).then_raises(
        errors.AlreadyInTeam
    )
    given(*RUNNING).when(lambda state: team.invite(state, inviting("ppd"), by="dic", clause="HD-2.3c1")).then_raises(
        errors.AlreadyInTeam
    )
    given(*PLANNED, invited("ppd", "HD-2.3c1")).when(
        lambda state: team.invite(state, inviting("ppd"), by="dic", clause="HD-2.3c1")
    ).then_raises(errors.AlreadyInTeam)


@pytest.mark.clause("HD-2.2")
@pytest.mark.parametrize("answer", [accepting, declining], ids=["accept", "decline"])
def test_only_an_invited_agency_answers(answer: AcceptInvitation | DeclineInvitation) -> None:
    decide = team.accept if isinstance(answer, AcceptInvitation) else team.decline
    given(*PLANNED, invited("ppd", "HD-2.3c1")).when(
        lambda state: decide(state, answer, by="dcst")  # type: ignore[arg-type]
    ).then_raises(errors.NotInvited)


def test_an_invitation_is_answered_once_and_may_be_repeated_after_a_no() -> None:
    said_no = given(*PLANNED, invited("dcst", "HD-2.2"))
    after_no = said_no.when(lambda state: team.decline(state, declining, by="dcst")).then_(declined("dcst"))
    after_no.when(lambda state: team.accept(state, accepting, by="dcst")).then_raises(errors.InvitationAnswered)
    after_no.when(lambda state: team.invite(state, inviting("dcst"), by="dic", clause="HD-2.2")).then_(
        invited("dcst", "HD-2.2")
    ).when(lambda state: team.accept(state, accepting, by="dcst")).then_(joined("dcst"))


def test_the_team_is_settled_once_the_minutes_are_signed() -> None:
    given(*RUNNING, minutes).when(
        lambda state: team.invite(state, inviting("dcst"), by="dic", clause="HD-2.2")
    ).then_raises(errors.WrongStage, stage="minuted")


@pytest.mark.clause("HD-2.3d")
def test_after_the_lead_changed_hands_the_new_lead_invites() -> None:
    stream = given(*RUNNING, handed_over)
    stream.when(lambda state: team.invite(state, inviting("dcst"), by="ppd", clause="HD-2.2")).then_(
        invited("dcst", "HD-2.2")
    )
    stream.when(lambda state: team.invite(state, inviting("dcst"), by="dic", clause="HD-2.2")).then_raises(
        ReservedToAnother, reserved_to=["ppd"], clause="HD-2.3d"
    )
