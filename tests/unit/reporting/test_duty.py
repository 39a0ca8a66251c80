"""A duty is assigned once, reported at most once a month, and overdue when a period passed without a report."""

from datetime import date

import pytest

from contracts.commands.reporting import ReportDuty
from contracts.events.reporting import DutyAssigned, DutyReported
from law.clauses import Company
from services.reporting.domain import duty as duties
from services.reporting.domain.duty import Expected, duty_id_of, expected, key_of
from services.reporting.domain.errors import UnknownDuty
from tests.support.specification import Specification
from tests.unit.reporting.facts import DAY, ISP, LAW, SCOPE, uid

given = Specification(duties.INITIAL, duties.evolve).given

FOLLOWS_UP = next(duty for duty in LAW.duties(SCOPE, DAY) if duty.key == "hai-duong/HD-7/dic/F")
assigned = DutyAssigned(
    duty_id=duty_id_of("hai-duong/HD-7/dic/F"),
    key="hai-duong/HD-7/dic/F",
    instrument_id="hd",
    clause="HD-7",
    holder="dic",
    role="F",
)


def reporting(month: str = "2009-11", clause: str = "HD-7", holder: str = "dic", role: str = "F") -> ReportDuty:
    return ReportDuty(
        clause=clause,
        holder=holder,
        role=role,
        evidence_type="reporting.summary-compiled",
        evidence_id=uid("evidence"),
        done_on=DAY,
        month=month,
    )


def reported(month: str = "2009-11") -> DutyReported:
    return DutyReported(
        duty_id=assigned.duty_id,
        clause="HD-7",
        holder="dic",
        role="F",
        evidence_type="reporting.summary-compiled",
        evidence_id=uid("evidence"),
        done_on=DAY,
        month=month,
    )


@pytest.mark.clause("HD-7")
def test_a_duty_is_assigned_once():
    after = given().when(lambda duty: duties.assign(duty, LAW, FOLLOWS_UP)).then_(assigned)
    given(*after.events).when(lambda duty: duties.assign(duty, LAW, FOLLOWS_UP)).then_nothing()


@pytest.mark.clause("HD-7")
def test_a_second_report_in_a_month_changes_nothing():
    given(assigned, reported()).when(lambda duty: duties.report(duty, LAW, SCOPE, reporting())).then_nothing()
    given(assigned, reported()).when(lambda duty: duties.report(duty, LAW, SCOPE, reporting("2009-12"))).then_(
        reported("2009-12")
    )


@pytest.mark.clause("HD-3b")
def test_what_is_done_before_the_duty_was_heard_of_assigns_it_first():
    command = reporting("2009-10", "HD-3b", str(ISP), "O")
    followed = tuple(duties.report(duties.INITIAL, LAW, SCOPE, command))
    assert [type(event) for event in followed] == [DutyAssigned, DutyReported]
    owed = {duty.key for duty in LAW.duties(SCOPE, DAY, [Company(str(ISP), frozenset({"isp"}))])}
    assert isinstance(followed[0], DutyAssigned)
    assert followed[0].key in owed


@pytest.mark.parametrize(("clause", "role"), [("HD-7", "L"), ("HD-2.1d3", "Q"), ("HD-9", "O")])
def test_a_role_that_owes_nothing_cannot_be_reported(clause: str, role: str):
    given().when(lambda duty: duties.report(duty, LAW, SCOPE, reporting(clause=clause, role=role))).then_raises(
        UnknownDuty
    )


@pytest.mark.clause("HD-7", "LA-11.1")
@pytest.mark.parametrize("scope", ["hai-duong", "long-an"])
def test_every_duty_of_the_law_can_be_assigned_under_its_own_stream(scope: str):
    companies = [Company(str(ISP), frozenset({"isp", "tel"}))]
    owed = LAW.duties(scope, date(2011, 1, 1), companies)
    made = [event for duty in owed for event in duties.assign(duties.INITIAL, LAW, duty)]
    assert {event.key for event in made} == {duty.key for duty in owed}
    assert len({event.duty_id for event in made}) == len(owed) > 100
    assert all(event.key == key_of(scope, event.clause, event.holder, event.role) for event in made)


def periods(today: date) -> dict[str, Expected]:
    return {one.clause: one for one in expected(LAW, SCOPE, today)}


@pytest.mark.clause("HD-3b")
@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2009, 12, 9), "2009-10"),
        (date(2009, 12, 10), "2009-11"),
        (date(2010, 1, 9), "2009-11"),
        (date(2010, 1, 10), "2009-12"),
    ],
)
def test_a_monthly_filing_is_expected_from_the_tenth_of_the_next_month(today: date, month: str):
    assert periods(today)["HD-3b"] == Expected("HD-3b", month, month)


@pytest.mark.clause("HD-7")
@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2009, 12, 31), ("2009-07", "2009-09")),
        (date(2010, 1, 1), ("2009-10", "2009-12")),
        (date(2010, 3, 31), ("2009-10", "2009-12")),
    ],
)
def test_a_quarterly_duty_is_expected_when_its_quarter_is_over(today: date, quarter: tuple[str, str]):
    assert periods(today)["HD-7"] == Expected("HD-7", *quarter)


def test_a_clause_without_a_period_expects_nothing_nor_one_that_no_fact_can_show_to_be_done():
    recurring = {clause.id for clause in LAW.instruments["HD"].clauses if clause.cadence}
    assert set(periods(DAY)) == {"HD-3b", "HD-7"}
    assert recurring - set(periods(DAY)) == {"HD-2.4b2", "HD-2.6b", "HD-2.7a", "HD-2.7b"}
