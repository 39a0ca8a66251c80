"""An order: acknowledged, executed, objected to, withdrawn, overdue."""

from datetime import timedelta

import pytest

from contracts.envelope import Event
from contracts.events.enforcement import (
    ObjectionDecided,
    OrderAcknowledged,
    OrderObjected,
    OrderOverdue,
)
from services.enforcement.domain import errors
from services.enforcement.domain import order as orders
from tests.support.specification import Specification
from tests.unit.enforcement import facts
from tests.unit.enforcement.facts import CASE, ISP, LATER, NOW, TODAY, uid

given = Specification(orders.INITIAL, orders.evolve).given
ORDER = uid("order/termination")
demanded = facts.termination_demanded
acknowledged = OrderAcknowledged(
    order_id=ORDER, case_id=CASE, kind="contract-termination", addressee_id=ISP, acknowledged_on=TODAY
)
objected = OrderObjected(
    order_id=ORDER, case_id=CASE, kind="contract-termination", addressee_id=ISP, reason="Chưa đến hạn"
)


def test_an_acknowledgement_that_comes_twice_changes_nothing():
    once = given(demanded).when(lambda order: orders.acknowledge(order, TODAY)).then_(acknowledged)
    given(*once.events).when(lambda order: orders.acknowledge(order, TODAY)).then_nothing()


@pytest.mark.parametrize(
    "answered",
    [(facts.executed(),), (facts.withdrawn,), (objected,), (objected, facts.objection_upheld)],
    ids=["executed", "withdrawn", "objected", "objection upheld"],
)
def test_an_acknowledgement_after_the_answer_changes_nothing(answered: tuple[Event, ...]):
    """The order would be open again in every list."""
    given(demanded, *answered).when(lambda order: orders.acknowledge(order, TODAY)).then_nothing()


def test_an_unknown_order_cannot_be_acknowledged():
    given().when(lambda order: orders.acknowledge(order, TODAY)).then_raises(errors.UnknownOrder)


@pytest.mark.clause("HD-2.1d3")
def test_an_execution_says_what_was_ended():
    given(demanded, acknowledged).when(
        lambda order: orders.report_execution(order, "executed", TODAY, "Biên bản thanh lý số 07/BB", TODAY)
    ).then_(facts.executed())


def test_an_execution_in_the_future_is_refused():
    tomorrow = TODAY + timedelta(days=1)
    given(demanded).when(
        lambda order: orders.report_execution(order, "executed", tomorrow, "Biên bản", TODAY)
    ).then_raises(errors.FutureDate, today="2009-11-10")


@pytest.mark.parametrize("end", [facts.executed(), facts.withdrawn, facts.objection_upheld])
def test_an_order_that_came_to_its_end_stays_there(end):
    settled = given(demanded, end)
    settled.when(lambda order: orders.report_execution(order, "executed", TODAY, "x", TODAY)).then_raises(
        errors.OrderIsSettled
    )
    settled.when(lambda order: orders.withdraw(order, "Nhầm")).then_raises(errors.OrderIsSettled)
    settled.when(lambda order: orders.mark_overdue(order, LATER)).then_nothing()


def test_the_report_back_passes_once():
    late = OrderOverdue(
        order_id=ORDER,
        case_id=CASE,
        kind="contract-termination",
        addressee_id=ISP,
        agent_id=facts.AGENT,
        report_back_at=LATER,
        acknowledged=True,
    )
    once = given(demanded, acknowledged).when(lambda order: orders.mark_overdue(order, LATER)).then_(late)
    given(*once.events).when(lambda order: orders.mark_overdue(order, LATER)).then_nothing()


def test_an_order_is_not_overdue_before_its_instant():
    given(demanded).when(lambda order: orders.mark_overdue(order, LATER - timedelta(seconds=1))).then_nothing()


def test_an_overdue_order_can_still_be_executed():
    given(demanded, facts.overdue).when(
        lambda order: orders.report_execution(order, "executed", TODAY, "Biên bản thanh lý số 07/BB", TODAY)
    ).then_(facts.executed())


def test_an_order_that_is_objected_to_waits_for_the_decision():
    given(demanded, objected).when(lambda order: orders.mark_overdue(order, LATER)).then_nothing()
    given(demanded, objected).when(lambda order: orders.object_to(order, "Lần hai")).then_raises(
        errors.ObjectionPending
    )


def test_a_rejected_objection_sets_a_new_instant():
    later_still = LATER + timedelta(days=10)
    rejected = ObjectionDecided(
        order_id=ORDER,
        case_id=CASE,
        kind="contract-termination",
        addressee_id=ISP,
        upheld=False,
        reason="Không có căn cứ",
        report_back_at=later_still,
    )
    decided = (
        given(demanded, objected)
        .when(lambda order: orders.decide_objection(order, False, "Không có căn cứ", later_still, NOW))
        .then_(rejected)
    )
    given(*decided.events).when(lambda order: orders.mark_overdue(order, LATER)).then_nothing()
    assert decided.state.round == 2


def test_a_rejected_objection_without_a_new_instant_is_refused():
    given(demanded, objected).when(
        lambda order: orders.decide_objection(order, False, "Không có căn cứ", None, NOW)
    ).then_raises(errors.ReportBackInThePast)


def test_nothing_is_decided_about_an_objection_that_was_not_made():
    given(demanded).when(lambda order: orders.decide_objection(order, True, "x", None, NOW)).then_raises(
        errors.NoObjection
    )
