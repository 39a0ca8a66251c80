"""A finding has two references: the clause that empowers the finder's presence, and the provision breached."""

from datetime import date

import pytest

from contracts.commands.inspection import RecordViolation
from contracts.envelope import Event
from contracts.refusals import NotInForce
from law.clauses import load_law
from services.inspection.domain import errors, finding, grounds
from services.inspection.domain.inspection import Inspection
from tests.unit.inspection.facts import (
    BEFORE,
    INSPECTION,
    PLANNED,
    RUNNING,
    SCOPE,
    STARTED,
    TODAY,
    TOMORROW,
    VIOLATION,
    found,
    handed_over,
    invited,
    joined,
    minutes,
    of_inspection,
    started,
)

given = of_inspection.given


def recording(on: date = STARTED) -> RecordViolation:
    return RecordViolation(
        inspection_id=INSPECTION,
        category="agent-without-contract",
        provision="HD-5b",
        found_on=on,
        description="Không có hợp đồng đại lý còn hiệu lực.",
    )


def record(state: Inspection, by: str, command: RecordViolation | None = None) -> Event:
    return finding.record_violation(
        state, command or recording(), violation_id=VIOLATION, by=by, information_security=False, today=TODAY
    )


@pytest.mark.parametrize(
    ("agency", "clause"),
    [
        pytest.param("ppd", "HD-2.3c1", marks=pytest.mark.clause("HD-2.3c1")),
        pytest.param("dcst", "HD-2.2", marks=pytest.mark.clause("HD-2.2")),
        pytest.param("dpi", "HD-2.5a", marks=pytest.mark.clause("HD-2.5a")),
    ],
)
def test_a_member_records_by_the_clause_that_has_it_there(agency: str, clause: str) -> None:
    given(*PLANNED, invited(agency, clause), joined(agency), started).when(lambda state: record(state, agency)).then_(
        found(agency, clause)
    )


@pytest.mark.clause("HD-2.1d1")
def test_the_lead_records_by_its_own_clause() -> None:
    given(*RUNNING).when(lambda state: record(state, "dic")).then_(found("dic", "HD-2.1d1"))


@pytest.mark.clause("HD-2.3d")
def test_after_the_lead_changed_hands_both_record_by_the_clause_that_moved_it() -> None:
    stream = given(*RUNNING, found("ppd", "HD-2.3c1", information_security=True), handed_over)
    stream.when(lambda state: record(state, "ppd")).then_(found("ppd", "HD-2.3d"))
    stream.when(lambda state: record(state, "dic")).then_(found("dic", "HD-2.3d"))


@pytest.mark.parametrize(
    "events", [RUNNING, (*RUNNING, invited("dcst", "HD-2.2"))], ids=["not invited", "invited, no answer"]
)
def test_only_members_of_the_team_record(events: tuple[Event, ...]) -> None:
    given(*events).when(lambda state: record(state, "dcst")).then_raises(
        errors.NotInTeam, reserved_to=["dic", "ppd"], clause="HD-2.1d1"
    )


def test_findings_come_after_the_start_and_before_the_minutes() -> None:
    given(*PLANNED).when(lambda state: record(state, "dic")).then_raises(errors.WrongStage, stage="planned")
    given(*RUNNING, minutes).when(lambda state: record(state, "dic")).then_raises(errors.WrongStage, stage="minuted")


def test_a_finding_of_tomorrow_or_before_the_start_is_refused_each_with_its_code() -> None:
    given(*RUNNING).when(lambda state: record(state, "ppd", recording(TOMORROW))).then_raises(
        errors.FutureDate, field="found_on", today="2009-11-10"
    )
    given(*RUNNING).when(lambda state: record(state, "ppd", recording(BEFORE))).then_raises(
        errors.DateTooEarly, field="found_on", earliest="2009-11-05"
    )
    assert (errors.FutureDate.code, errors.DateTooEarly.code) == ("future-date", "date-too-early")


@pytest.mark.clause("HD-00a")
@pytest.mark.parametrize(
    ("category", "flag"),
    [
        ("agent-breach", False),
        ("agent-without-contract", False),
        ("forum-abuse", True),
        ("information-security-breach", True),
    ],
)
def test_the_category_says_whether_information_security_law_is_breached(category: str, flag: bool) -> None:
    assert flag is grounds.breaches_information_security(load_law(), category)


@pytest.mark.clause("HD-00a")
@pytest.mark.parametrize("category", ["loose-coordination", "noise-at-night"])
def test_a_harm_that_is_no_conduct_cannot_be_found(category: str) -> None:
    with pytest.raises(errors.UnknownCategory) as raised:
        grounds.breaches_information_security(load_law(), category)
    assert "agent-breach" in raised.value.members["known"]


@pytest.mark.parametrize(
    ("provision", "day"),
    [
        pytest.param("HD-5a", TODAY, marks=pytest.mark.clause("HD-5a")),
        pytest.param("HD-5b", TODAY, marks=pytest.mark.clause("HD-5b")),
        pytest.param("HD-5c", TODAY, marks=pytest.mark.clause("HD-5c")),
        pytest.param("HD-3a", TODAY, marks=pytest.mark.clause("HD-3a")),
        ("ND-97-2008", TODAY),
        ("ND 97/2008", TODAY),
        ("97/2008/NĐ-CP art. 6", TODAY),
        ("ND 97/2008, điều 6", TODAY),
    ],
)
def test_a_clause_that_binds_those_inspected_or_an_outside_instrument_can_be_breached(
    provision: str, day: date
) -> None:
    grounds.must_be_breachable(load_law(), SCOPE, provision, day)


@pytest.mark.parametrize("provision", ["HD-9z", "HD-00a", "HD-2.1d1", "ND 11/1999", "luật chung"])
def test_what_binds_nobody_inspected_or_is_not_known_cannot_be_breached(provision: str) -> None:
    with pytest.raises(errors.UnknownProvision):
        grounds.must_be_breachable(load_law(), SCOPE, provision, TODAY)


def test_what_was_not_in_force_was_not_breached() -> None:
    with pytest.raises(NotInForce) as raised:
        grounds.must_be_breachable(load_law(), SCOPE, "ND 97/2008", date(2026, 11, 5))
    assert raised.value.members["instrument"] == "ND-97-2008"
