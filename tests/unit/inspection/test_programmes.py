"""A programme is drafted, laid before the provincial People's Committee, and approved by it (HD-2.6b)."""

from collections.abc import Callable
from datetime import date

import pytest

from contracts.commands.inspection import (
    ApproveProgramme,
    DraftProgramme,
    PlanInspection,
    PlannedVisits,
    SubmitProgramme,
)
from contracts.events.inspection import InspectionLeadAssigned, ProgrammeApproved
from contracts.refusals import Invalid
from services.inspection.domain import errors, programme, visit
from tests.unit.inspection.facts import (
    DIC,
    INSPECTION,
    PROGRAMME,
    TARGET,
    TODAY,
    TOMORROW,
    approved,
    drafted,
    of_programme,
    planned,
    submitted,
)

given = of_programme.given
AREAS = {"nam-sach", "chi-linh"}


def drafting(*items: tuple[str, int]) -> DraftProgramme:
    visits = tuple(PlannedVisits(area=area, quarter=quarter, visits=3) for area, quarter in items)
    return DraftProgramme(title=drafted.title, year=2009, items=visits)


def approving(decided_on: date) -> ApproveProgramme:
    return ApproveProgramme(programme_id=PROGRAMME, decision_number="310/QĐ-UBND", decided_on=decided_on)


def planning(planned_on: date) -> PlanInspection:
    return PlanInspection(
        programme_id=PROGRAMME, form="kiem-tra", target_kind="agent", target_id=TARGET, planned_on=planned_on
    )


def test_a_programme_is_drafted_with_its_visits() -> None:
    given().when(lambda _: programme.draft(drafting(("nam-sach", 4)), PROGRAMME, AREAS)).then_(drafted)


def test_a_draft_names_areas_of_the_province() -> None:
    given().when(lambda _: programme.draft(drafting(("tan-an", 4)), PROGRAMME, AREAS)).then_raises(errors.UnknownArea)


def test_a_draft_names_an_area_and_quarter_once() -> None:
    twice = drafting(("nam-sach", 4), ("chi-linh", 4), ("nam-sach", 4))
    given().when(lambda _: programme.draft(twice, PROGRAMME, AREAS)).then_raises(Invalid)


def test_a_draft_is_submitted_once() -> None:
    command = SubmitProgramme(programme_id=PROGRAMME, letter_number="21/TTr-STTTT")
    given(drafted).when(lambda state: programme.submit(state, command)).then_(submitted).when(
        lambda state: programme.submit(state, command)
    ).then_raises(errors.ProgrammeAlreadyPast)


@pytest.mark.clause("HD-2.6b")
def test_only_what_lies_before_the_committee_can_be_approved() -> None:
    def decide(state: programme.Programme) -> ProgrammeApproved:
        return programme.approve(state, approving(approved.decided_on), TODAY)

    given().when(decide).then_raises(errors.UnknownProgramme)
    given(drafted).when(decide).then_raises(errors.ProgrammeNotSubmitted)
    given(drafted, submitted).when(decide).then_(approved)
    given(drafted, submitted, approved).when(decide).then_raises(errors.ProgrammeAlreadyPast)


def test_a_decision_of_tomorrow_is_refused() -> None:
    given(drafted, submitted).when(lambda state: programme.approve(state, approving(TOMORROW), TODAY)).then_raises(
        errors.FutureDate, field="decided_on", today="2009-11-10"
    )


@pytest.mark.clause("HD-2.6b")
@pytest.mark.parametrize("events", [(drafted,), (drafted, submitted)], ids=["draft", "submitted"])
def test_an_unapproved_programme_allows_no_visit(events: tuple[ProgrammeApproved, ...]) -> None:
    given(*events).when(
        lambda state: visit.plan(state, planning(TODAY), inspection_id=INSPECTION, area="nam-sach", lead=DIC)
    ).then_raises(errors.ProgrammeNotApproved, clause="HD-2.6b")


@pytest.mark.clause("HD-2.6b", "HD-2.1d1")
def test_an_approved_programme_allows_a_visit_led_as_the_rule_says() -> None:
    given(drafted, submitted, approved).when(
        lambda state: visit.plan(
            state, planning(planned.planned_on), inspection_id=INSPECTION, area="nam-sach", lead=DIC
        )
    ).then_(planned, InspectionLeadAssigned(inspection_id=INSPECTION, agency="dic", clause="HD-2.1d1"))


@pytest.mark.clause("HD-2.6b")
def test_no_visit_lies_before_the_approval_nor_in_another_year() -> None:
    def visiting(day: date) -> Callable[[programme.Programme], None]:
        return lambda state: programme.must_allow_visit(state, PROGRAMME, day)

    stream = given(drafted, submitted, approved)
    stream.when(visiting(date(2009, 9, 30))).then_raises(errors.ProgrammeNotApproved)
    stream.when(visiting(date(2010, 1, 2))).then_raises(errors.OutsideProgramme)
    stream.when(visiting(date(2009, 10, 1))).then_nothing()
