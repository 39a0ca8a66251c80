"""An inspection runs from plan to conclusion; the lead takes each step, and what is found may move the lead."""

from datetime import date

import pytest

from contracts.commands.inspection import ConcludeInspection, SignMinutes, StartInspection, TransferInspectionLead
from contracts.envelope import Event
from contracts.refusals import ReservedToAnother
from law.clauses import load_law
from services.inspection.domain import errors, grounds, lead, visit
from services.inspection.domain.inspection import Inspection, Lead
from tests.unit.inspection.facts import (
    BEFORE,
    DIC,
    INSPECTION,
    PLANNED,
    PPD,
    RUNNING,
    SCOPE,
    STARTED,
    TODAY,
    TOMORROW,
    approved,
    concluded,
    drafted,
    found,
    handed_over,
    minutes,
    of_inspection,
    of_programme,
    started,
    submitted,
)

given = of_inspection.given
APPROVED = of_programme.fold((drafted, submitted, approved))
INFORMATION_SECURITY = found("ppd", "HD-2.3c1", information_security=True)
transferring = TransferInspectionLead(inspection_id=INSPECTION, to_agency="ppd", reason=handed_over.reason)


def start(state: Inspection, by: str = "dic", on: date = STARTED) -> Event:
    command = StartInspection(inspection_id=INSPECTION, started_on=on)
    return visit.start(state, APPROVED, command, by=by, today=TODAY)


def sign(state: Inspection, by: str = "dic", on: date = minutes.signed_on) -> Event:
    return visit.sign_minutes(
        state, SignMinutes(inspection_id=INSPECTION, number="07/BB-KT", signed_on=on), by=by, today=TODAY
    )


def hand_over(state: Inspection, by: str = "dic", named: Lead = PPD) -> Event:
    return lead.transfer(state, transferring, by=by, named=named)


def conclude(state: Inspection, by: str = "dic", on: date = date(2009, 11, 7)) -> Event:
    named = PPD if state.information_security else DIC
    return visit.conclude(
        state, ConcludeInspection(inspection_id=INSPECTION, concluded_on=on), by=by, named=named, today=TODAY
    )


@pytest.mark.clause("HD-2.1d1")
def test_an_inspection_runs_from_start_over_minutes_to_conclusion() -> None:
    (
        given(*PLANNED)
        .when(start)
        .then_(started)
        .when(sign)
        .then_(minutes)
        .when(conclude)
        .then_(concluded("dic", ("dic",), violations=0))
        .when(conclude)
        .then_raises(errors.WrongStage, stage="concluded")
    )


@pytest.mark.clause("HD-2.1d1")
def test_the_conclusion_names_every_agency_of_the_team_and_counts_what_was_found() -> None:
    given(*RUNNING, found("ppd", "HD-2.3c1"), found("dic", "HD-2.1d1"), minutes).when(conclude).then_(
        concluded("dic", ("dic", "ppd"), violations=2)
    )


@pytest.mark.clause("HD-2.1d1")
@pytest.mark.parametrize("step", [start, sign, conclude])
def test_only_the_lead_starts_minutes_and_concludes(step: object) -> None:
    events = {start: PLANNED, sign: RUNNING, conclude: (*RUNNING, minutes)}[step]  # type: ignore[index]
    given(*events).when(lambda state: step(state, by="ppd")).then_raises(  # type: ignore[operator]
        ReservedToAnother, reserved_to=["dic"], clause="HD-2.1d1"
    )


def test_no_step_is_taken_twice_nor_in_another_order() -> None:
    given(*RUNNING).when(start).then_raises(errors.WrongStage, stage="started")
    given(*PLANNED).when(sign).then_raises(errors.WrongStage, stage="planned")
    given(*RUNNING, minutes).when(sign).then_raises(errors.WrongStage, stage="minuted")
    given().when(start).then_raises(errors.UnknownInspection)


def test_no_conclusion_comes_before_the_minutes() -> None:
    given(*RUNNING).when(conclude).then_raises(errors.MinutesMissing)


@pytest.mark.parametrize(
    ("step", "events", "field"),
    [
        (start, PLANNED, "started_on"),
        (sign, RUNNING, "signed_on"),
        (conclude, (*RUNNING, minutes), "concluded_on"),
    ],
    ids=["start", "minutes", "conclusion"],
)
def test_nothing_is_dated_tomorrow(step: object, events: tuple[Event, ...], field: str) -> None:
    given(*events).when(lambda state: step(state, on=TOMORROW)).then_raises(  # type: ignore[operator]
        errors.FutureDate, field=field, today="2009-11-10"
    )


def test_minutes_follow_the_start_and_the_findings_and_the_conclusion_follows_the_minutes() -> None:
    given(*RUNNING).when(lambda state: sign(state, on=BEFORE)).then_raises(errors.DateTooEarly, earliest="2009-11-05")
    late = found("ppd", "HD-2.3c1").model_copy(update={"found_on": date(2009, 11, 8)})
    given(*RUNNING, late, found("ppd", "HD-2.3c1")).when(sign).then_raises(errors.DateTooEarly, earliest="2009-11-08")
    given(*RUNNING, minutes).when(lambda state: conclude(state, on=STARTED)).then_raises(
        errors.DateTooEarly, earliest="2009-11-06"
    )


@pytest.mark.clause("HD-2.6b")
def test_a_visit_does_not_start_before_its_programme_was_approved() -> None:
    given(*PLANNED).when(lambda state: start(state, on=date(2009, 9, 30))).then_raises(errors.ProgrammeNotApproved)


@pytest.mark.parametrize(
    ("own_area", "information_security", "lead_now"),
    [
        pytest.param(None, False, DIC, marks=pytest.mark.clause("HD-2.1d1")),
        pytest.param(None, True, PPD, marks=pytest.mark.clause("HD-2.3d")),
        pytest.param("nam-sach", False, Lead("dpc.nam-sach", "HD-2.1b2"), marks=pytest.mark.clause("HD-2.1b2")),
        pytest.param("nam-sach", True, PPD, marks=pytest.mark.clause("HD-2.3d")),
    ],
)
def test_who_leads_is_data(own_area: str | None, information_security: bool, lead_now: Lead) -> None:
    assert lead_now == grounds.lead_for(
        load_law(), SCOPE, TODAY, own_area=own_area, information_security=information_security
    )


@pytest.mark.clause("HD-2.3d")
def test_a_breach_of_information_security_law_hands_the_lead_to_the_police_in_the_middle() -> None:
    given(*RUNNING, INFORMATION_SECURITY).when(hand_over).then_(handed_over)


@pytest.mark.clause("HD-2.3d", "HD-2.1d1")
def test_without_such_a_breach_the_lead_stays_where_the_rule_has_it() -> None:
    given(*RUNNING).when(lambda state: hand_over(state, named=DIC)).then_raises(
        errors.LeadNotNamed, lead="dic", clause="HD-2.1d1"
    )


@pytest.mark.clause("HD-2.3d")
def test_the_lead_hands_over_once_and_nobody_else_does() -> None:
    given(*RUNNING, INFORMATION_SECURITY).when(lambda state: hand_over(state, by="ppd")).then_raises(
        ReservedToAnother, reserved_to=["dic"]
    )
    given(*RUNNING, INFORMATION_SECURITY, handed_over).when(lambda state: hand_over(state, by="ppd")).then_raises(
        errors.LeadNotNamed, lead="ppd", clause="HD-2.3d"
    )


@pytest.mark.clause("HD-2.3d")
def test_after_such_a_breach_the_department_no_longer_concludes() -> None:
    before = given(*RUNNING, INFORMATION_SECURITY, minutes)
    before.when(lambda state: conclude(state, by="dic")).then_raises(
        ReservedToAnother, reserved_to=["ppd"], clause="HD-2.3d"
    )
    after = given(*RUNNING, INFORMATION_SECURITY, handed_over, minutes)
    after.when(lambda state: conclude(state, by="dic")).then_raises(
        ReservedToAnother, reserved_to=["ppd"], clause="HD-2.3d"
    )


@pytest.mark.clause("HD-2.3d")
def test_the_police_conclude_only_once_the_reasoned_decision_is_there() -> None:
    given(*RUNNING, INFORMATION_SECURITY, minutes).when(lambda state: conclude(state, by="ppd")).then_raises(
        errors.LeadNotTransferred, lead="dic", clause="HD-2.3d"
    )
    given(*RUNNING, INFORMATION_SECURITY, handed_over, minutes).when(lambda state: conclude(state, by="ppd")).then_(
        concluded("ppd", ("ppd", "dic"), violations=1)
    )


def test_a_concluded_inspection_has_no_lead_to_hand_over() -> None:
    stream = given(*RUNNING, INFORMATION_SECURITY, minutes, concluded("dic", ("dic", "ppd"), violations=1))
    stream.when(hand_over).then_raises(errors.WrongStage, stage="concluded")
