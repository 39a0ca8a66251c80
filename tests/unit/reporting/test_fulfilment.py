"""Which duties a fact fulfils: those that the law's `fulfilled_by` names, of who acted, in the role it acted in."""

from datetime import date

import pytest

from contracts.events.enforcement import OrderAcknowledged
from contracts.events.registry import AgencyContractSigned
from services.reporting.domain.fulfilment import EVIDENCE, day_of, fulfilled, month_of
from tests.unit.reporting import facts
from tests.unit.reporting.facts import DAY, ISP, LAW, SCOPE, TELECOM, uid


def done(event, agency=None, scope=SCOPE):
    return {(one.clause, one.holder, one.role) for one in fulfilled(LAW, scope, event, agency, DAY)}


@pytest.mark.clause("HD-2.1d1")
def test_a_concluded_inspection_fulfils_its_leads_duty_and_that_of_who_took_part():
    assert done(facts.concluded("dic", "ppd", "dpc.nam-sach")) == {
        ("HD-2.1d1", "dic", "L"),
        ("HD-2.1d1", "sectors", "C"),
        ("HD-2.1d1", "dpc.nam-sach", "C"),
    }


@pytest.mark.clause("HD-2.3d")
def test_under_the_polices_lead_the_department_cooperates():
    assert done(facts.concluded("ppd", "dic")) == {
        ("HD-2.3d", "ppd", "L"),
        ("HD-2.3d", "dic", "C"),
        ("HD-2.3d", "sectors", "C"),
    }


@pytest.mark.clause("HD-2.1b2")
def test_a_district_that_inspects_by_itself_does_what_it_owes():
    assert done(facts.concluded("dpc.nam-sach")) == {("HD-2.1b2", "dpc.nam-sach", "O")}


@pytest.mark.clause("HD-2.2", "HD-2.3c1", "HD-2.5a")
@pytest.mark.parametrize(("agency", "clause"), [("dcst", "HD-2.2"), ("ppd", "HD-2.3c1"), ("dpi", "HD-2.5a")])
def test_who_joins_a_team_does_its_part(agency: str, clause: str):
    assert done(facts.confirmed(agency)) == {(clause, agency, "C")}


@pytest.mark.clause("HD-2.3c1")
def test_a_finding_fulfils_the_finders_part():
    assert done(facts.found_by("ppd")) == {("HD-2.3c1", "ppd", "C")}


@pytest.mark.clause("HD-2.1d3", "HD-3c4", "HD-3a")
@pytest.mark.parametrize(
    ("kind", "company", "expected"),
    [
        ("contract-termination", ISP, {("HD-2.1d3", "O"), ("HD-3a", "O")}),
        ("line-cut-arrangement", ISP, {("HD-3c4", "O"), ("HD-3a", "O")}),
        ("line-cut", TELECOM, {("HD-3c4", "C"), ("HD-3a", "O")}),
    ],
)
def test_an_executed_order_fulfils_the_duty_of_its_addressee(kind, company, expected):
    assert done(facts.executed(kind, company)) == {(clause, str(company), role) for clause, role in expected}


@pytest.mark.clause("HD-3b")
def test_a_filing_fulfils_the_companys_monthly_duty_for_the_month_it_is_about():
    assert done(facts.filed) == {("HD-3b", str(ISP), "O")}
    assert month_of(facts.filed, date(2009, 11, 5)) == "2009-10"
    assert day_of(facts.filed, date(2009, 11, 5)) == date(2009, 11, 5)


@pytest.mark.clause("HD-7")
def test_a_summary_fulfils_the_duty_of_the_agency_that_made_it():
    assert done(facts.compiled, "dic") == {("HD-7", "dic", "F")}
    assert done(facts.compiled, "ppd") == done(facts.compiled) == set()


@pytest.mark.clause("LA-3.5", "LA-11.2")
def test_the_same_summary_in_long_an_stands_under_its_own_clauses():
    found = set(fulfilled(LAW, "long-an", facts.compiled, "dic", date(2011, 1, 1)))
    assert {(one.clause, one.role) for one in found} == {("LA-3.5", "O"), ("LA-11.2", "F")}


@pytest.mark.clause("HD-5b")
def test_a_signed_contract_shows_in_the_row_of_the_class_of_agents():
    signed = AgencyContractSigned(
        contract_id=uid("contract"), agent_id=facts.AGENT, provider_id=ISP, number="07/HĐ", signed_on=DAY
    )
    assert done(signed) == {("HD-5b", "agt", "O")}


def test_what_only_records_a_clause_moves_nothing():
    acknowledged = OrderAcknowledged(
        order_id=uid("order"), case_id=uid("case"), kind="line-cut", addressee_id=TELECOM, acknowledged_on=DAY
    )
    assert "enforcement.order-acknowledged" in LAW.clause("HD-2.1d3").recorded_by
    assert done(acknowledged) == set()


def test_every_fact_that_is_listened_to_can_fulfil_something():
    named = {kind for clause in LAW.clauses() for kind in clause.fulfilled_by}
    assert {kind.message_type for kind in EVIDENCE} <= named
