"""A case: opened by a violation, waits for its orders and the register, closes once."""

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.envelope import Event
from contracts.events.enforcement import (
    CaseClosed,
    CaseOrderAdded,
    CaseOrderOverdue,
    CaseOrderSettled,
    CaseReopened,
    CaseRestrictionConfirmed,
)
from law.leads import Lead
from services.enforcement.domain import case as cases
from services.enforcement.domain.case import react
from tests.support.specification import Specification
from tests.unit.enforcement import facts
from tests.unit.enforcement.facts import CASE, uid

given = Specification(cases.INITIAL, cases.evolve).given
TERMINATION = uid("order/termination")
DIC = Lead(agency="dic", clause="HD-2.1d1")


def test_a_violation_opens_a_case():
    given().when(lambda case: cases.open_case(case, facts.violation_found, DIC)).then_(facts.case_opened)


def test_a_redelivered_violation_changes_nothing():
    given(facts.case_opened).when(lambda case: cases.open_case(case, facts.violation_found, DIC)).then_nothing()


def test_a_message_about_a_case_that_is_not_there_changes_nothing():
    given().when(lambda case: react(case, facts.executed())).then_nothing()


@pytest.mark.clause("HD-2.1d3")
def test_a_demand_joins_its_case_once():
    added = CaseOrderAdded(case_id=CASE, order_id=TERMINATION, kind="contract-termination")
    after = given(facts.case_opened).when(lambda case: react(case, facts.termination_demanded)).then_(added)
    after.specification.given(*after.events).when(lambda case: react(case, facts.termination_demanded)).then_nothing()


@pytest.mark.clause("HD-2.1d3")
def test_an_execution_closes_nothing_before_the_register_confirms_it():
    story = given(facts.case_opened).when(lambda case: react(case, facts.termination_demanded))
    demanded = story.then_(CaseOrderAdded(case_id=CASE, order_id=TERMINATION, kind="contract-termination"))
    executed = given(*demanded.events).when(lambda case: react(case, facts.executed()))
    settled = executed.then_(CaseOrderSettled(case_id=CASE, order_id=TERMINATION, outcome="executed"))
    given(*settled.events).when(lambda case: react(case, facts.contract_terminated)).then_(
        CaseRestrictionConfirmed(case_id=CASE, order_id=TERMINATION), CaseClosed(case_id=CASE, orders=1)
    )


@pytest.mark.parametrize(("message", "outcome"), [(facts.withdrawn, "withdrawn"), (facts.objection_upheld, "objected")])
def test_an_order_that_came_to_nothing_needs_no_confirmation(message: Event, outcome: str):
    added = CaseOrderAdded(case_id=CASE, order_id=TERMINATION, kind="contract-termination")
    given(facts.case_opened, added).when(lambda case: react(case, message)).then_(
        CaseOrderSettled(case_id=CASE, order_id=TERMINATION, outcome=outcome), CaseClosed(case_id=CASE, orders=1)
    )


def test_an_overdue_order_keeps_the_case_open():
    added = CaseOrderAdded(case_id=CASE, order_id=TERMINATION, kind="contract-termination")
    given(facts.case_opened, added).when(lambda case: react(case, facts.overdue)).then_(
        CaseOrderOverdue(case_id=CASE, order_id=TERMINATION)
    )


@pytest.mark.clause("HD-3c4")
def test_a_line_cut_after_the_contract_ended_opens_the_case_again():
    closed = (
        facts.case_opened,
        CaseOrderAdded(case_id=CASE, order_id=TERMINATION, kind="contract-termination"),
        CaseOrderSettled(case_id=CASE, order_id=TERMINATION, outcome="executed"),
        CaseRestrictionConfirmed(case_id=CASE, order_id=TERMINATION),
        CaseClosed(case_id=CASE, orders=1),
    )
    cut = uid("order/line-cut")
    given(*closed).when(lambda case: react(case, facts.cut_requested("line-cut"))).then_(
        CaseReopened(case_id=CASE, order_id=cut), CaseOrderAdded(case_id=CASE, order_id=cut, kind="line-cut")
    )


MESSAGES = [
    facts.termination_demanded,
    facts.executed(),
    facts.overdue,
    facts.contract_terminated,
    facts.cut_requested("line-cut-arrangement"),
    facts.executed("line-cut-arrangement"),
    facts.cut_requested("line-cut"),
    facts.executed("line-cut"),
    facts.line_cut,
]


@pytest.mark.clause("HD-3c4")
@any_of(order=st.permutations([*MESSAGES, *MESSAGES]))
def test_in_whatever_order_the_topics_come_the_case_ends_closed_and_every_order_is_settled_once(order: list[Event]):
    stream: list[Event] = [facts.case_opened]
    for message in order:
        stream.extend(react(given(*stream).state, message))
    case = given(*stream).state
    assert case.is_closed
    assert len(case.orders) == 3
    assert sum(isinstance(event, CaseOrderSettled) for event in stream) == 3
    assert sum(isinstance(event, CaseClosed) for event in stream) == 1 + sum(
        isinstance(event, CaseReopened) for event in stream
    )
