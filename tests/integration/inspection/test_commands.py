"""Commands against a real store, with the law as the authority: who may what, and who hears to whom it is reserved."""

from uuid import uuid4

import pytest

from chassis.identity.principal import Principal, officer
from contracts.commands.inspection import (
    AcceptInvitation,
    DeclineInvitation,
    InviteTeamMember,
    SignMinutes,
    TransferInspectionLead,
)
from contracts.refusals import Forbidden, NoBasis, ReservedToAnother, StaleVersion
from services.inspection.domain import errors
from tests.integration.inspection.conftest import DCST, DIC, NAM_SACH, PPC, PPD, TODAY, TOMORROW, Desk, agent
from tests.integration.inspection.steps import (
    approved,
    approving,
    conclude,
    planned,
    planning,
    recording,
    running,
    submitted,
)


@pytest.mark.clause("HD-2.6b")
@pytest.mark.parametrize("who", [DIC, PPD, DCST, NAM_SACH], ids=lambda who: who.agency)
def test_only_the_provincial_committee_approves_a_programme(desk: Desk, who: Principal) -> None:
    programme_id = submitted(desk)
    with pytest.raises(ReservedToAnother) as refused:
        desk.ask(who, approving(programme_id))
    assert (refused.value.members["reserved_to"], refused.value.members["clause"]) == (["ppc"], "HD-2.6b")
    assert {"programme_id": str(programme_id), "state": "approved"} == desk.ask(PPC, approving(programme_id))


@pytest.mark.clause("HD-2.6b")
def test_an_unapproved_programme_allows_no_visit(desk: Desk) -> None:
    target_id = uuid4()
    desk.register(agent(target_id))
    with pytest.raises(errors.ProgrammeNotApproved):
        desk.ask(DIC, planning(submitted(desk), target_id))
    assert [one for one in desk.log() if one.envelope.type == "inspection.inspection-planned"] == []


@pytest.mark.clause("HD-2.1d1")
def test_the_department_leads_and_others_hear_so(desk: Desk) -> None:
    answer = planned(desk)
    assert (answer["lead"], answer["clause"]) == ("dic", "HD-2.1d1")
    with pytest.raises(ReservedToAnother) as refused:
        planned(desk, by=DCST)
    assert (refused.value.members["reserved_to"], refused.value.members["clause"]) == (["dic"], "HD-2.1d1")


@pytest.mark.clause("HD-2.1b2")
def test_a_district_leads_its_own_inspection_in_its_own_area_alone(desk: Desk) -> None:
    answer = planned(desk, by=NAM_SACH)
    assert (answer["lead"], answer["clause"]) == ("dpc.nam-sach", "HD-2.1b2")
    elsewhere = uuid4()
    desk.register(agent(elsewhere, area="chi-linh"))
    with pytest.raises(ReservedToAnother):
        desk.ask(NAM_SACH, planning(approved(desk), elsewhere))


def test_an_agent_that_nobody_registered_cannot_be_visited(desk: Desk) -> None:
    with pytest.raises(errors.UnknownTarget):
        desk.ask(DIC, planning(approved(desk), uuid4()))


@pytest.mark.clause("HD-2.3c1", "HD-2.1d1")
def test_the_police_take_part_and_do_not_conclude(desk: Desk) -> None:
    inspection_id = running(desk)
    violation = desk.ask(PPD, recording(inspection_id))
    assert (
        violation["empowered_by"],
        violation["provision"],
        violation["information_security"],
    ) == ("HD-2.3c1", "HD-5b", False)
    desk.ask(DIC, SignMinutes(inspection_id=inspection_id, number="07/BB-KT", signed_on=TODAY))
    with pytest.raises(ReservedToAnother) as refused:
        desk.ask(PPD, conclude(inspection_id))
    assert (refused.value.members["reserved_to"], refused.value.members["clause"]) == (["dic"], "HD-2.1d1")
    assert desk.ask(DIC, conclude(inspection_id))["violations"] == 1


@pytest.mark.clause("HD-2.3d")
def test_a_breach_of_information_security_law_moves_the_lead_to_the_police(desk: Desk) -> None:
    inspection_id = running(desk)
    transferring = TransferInspectionLead(inspection_id=inspection_id, to_agency="ppd", reason="An ninh thông tin")
    with pytest.raises(errors.LeadNotNamed):
        desk.ask(DIC, transferring)
    assert desk.ask(PPD, recording(inspection_id, "information-security-breach", "HD-5c"))["information_security"]
    desk.ask(DIC, SignMinutes(inspection_id=inspection_id, number="08/BB-KT", signed_on=TODAY))
    with pytest.raises(ReservedToAnother) as too_early:
        desk.ask(DIC, conclude(inspection_id))
    assert (too_early.value.members["reserved_to"], too_early.value.members["clause"]) == (["ppd"], "HD-2.3d")
    with pytest.raises(errors.LeadNotTransferred):
        desk.ask(PPD, conclude(inspection_id))
    moved = desk.ask(DIC, transferring)
    assert (moved["lead"], moved["clause"]) == ("ppd", "HD-2.3d")
    with pytest.raises(ReservedToAnother):
        desk.ask(DIC, conclude(inspection_id))
    desk.ask(PPD, conclude(inspection_id))
    last = desk.log()[-1]
    assert (last.event.lead, last.event.agencies) == ("ppd", ("ppd", "dic"))  # type: ignore[attr-defined]
    assert last.envelope.metadata.clause == "HD-2.3d"


@pytest.mark.clause("HD-2.3d")
def test_after_the_lead_moved_the_police_lead_every_step(desk: Desk) -> None:
    inspection_id = running(desk)
    desk.ask(PPD, recording(inspection_id, "forum-abuse", "HD-5c"))
    desk.ask(DIC, TransferInspectionLead(inspection_id=inspection_id, to_agency="ppd", reason="An ninh thông tin"))
    invited = desk.ask(PPD, InviteTeamMember(inspection_id=inspection_id, agency="dcst"))
    assert invited["clause"] == "HD-2.2"
    assert desk.ask(DIC, recording(inspection_id))["empowered_by"] == "HD-2.3d"
    desk.ask(PPD, SignMinutes(inspection_id=inspection_id, number="09/BB-KT", signed_on=TODAY))


@pytest.mark.clause("HD-2.2")
def test_only_invited_agencies_answer_and_only_members_record(desk: Desk) -> None:
    inspection_id = running(desk)
    with pytest.raises(errors.NotInvited):
        desk.ask(DCST, AcceptInvitation(inspection_id=inspection_id, officers=1))
    with pytest.raises(errors.NotInTeam):
        desk.ask(DCST, recording(inspection_id))
    desk.ask(DIC, InviteTeamMember(inspection_id=inspection_id, agency="dcst"))
    desk.ask(DCST, DeclineInvitation(inspection_id=inspection_id, reason="Trùng lịch công tác"))
    with pytest.raises(errors.NotInTeam):
        desk.ask(DCST, recording(inspection_id))


def test_an_agency_without_any_part_in_inspections_has_no_basis(desk: Desk) -> None:
    inspection_id = running(desk)
    with pytest.raises(NoBasis):
        desk.ask(DIC, InviteTeamMember(inspection_id=inspection_id, agency="yu"))
    with pytest.raises(errors.UnknownAgency):
        desk.ask(DIC, InviteTeamMember(inspection_id=inspection_id, agency="ministry-of-x"))


def test_who_may_only_read_changes_nothing(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        planned(desk, by=officer("dic", "reader", "reader"))


def test_a_date_of_tomorrow_is_refused_with_its_own_code_and_changes_nothing(desk: Desk) -> None:
    inspection_id = running(desk)
    before = len(desk.log())
    with pytest.raises(errors.FutureDate) as refused:
        desk.ask(PPD, recording(inspection_id).model_copy(update={"found_on": TOMORROW}))
    assert ("future-date", before) == (refused.value.code, len(desk.log()))


def test_a_command_that_comes_twice_is_answered_twice_and_done_once(desk: Desk) -> None:
    inspection_id = running(desk)
    first = desk.answer(PPD, recording(inspection_id), key="visit-7/finding-1")
    again = desk.answer(PPD, recording(inspection_id), key="visit-7/finding-1")
    assert (first.response, True) == (again.response, again.replayed)
    assert sum(one.envelope.type == "inspection.violation-found" for one in desk.log()) == 1


def test_who_names_a_version_that_is_past_hears_the_current_one(desk: Desk) -> None:
    inspection_id = running(desk)
    with pytest.raises(StaleVersion) as refused:
        desk.ask(PPD, recording(inspection_id), expected_version=1)
    assert refused.value.members["current_version"] == 5


def test_every_fact_carries_who_did_it_and_by_which_clause(desk: Desk) -> None:
    inspection_id = running(desk)
    desk.ask(PPD, recording(inspection_id))
    told = [
        (one.envelope.type.removeprefix("inspection."), one.envelope.metadata.agency, one.envelope.metadata.clause)
        for one in desk.log()
    ]
    assert told == [
        ("programme-drafted", "dic", "HD-2.1d1"),
        ("programme-submitted", "dic", "HD-2.1d1"),
        ("programme-approved", "ppc", "HD-2.6b"),
        ("inspection-planned", "dic", "HD-2.1d1"),
        ("inspection-lead-assigned", "dic", "HD-2.1d1"),
        ("team-member-invited", "dic", "HD-2.1d1"),
        ("team-member-confirmed", "ppd", "HD-2.3c1"),
        ("inspection-started", "dic", "HD-2.1d1"),
        ("violation-found", "ppd", "HD-2.3c1"),
    ]
