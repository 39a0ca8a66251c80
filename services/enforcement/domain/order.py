"""An order (yêu cầu): one addressee, one target, one duty, and a report-back instant.

States: open → (acknowledged) → executed | objected → upheld or open again | withdrawn. Overdue is a mark on an open
order, not an end: the company may still execute it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.events.enforcement import (
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderAcknowledged,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
    OrderWithdrawn,
)
from services.enforcement.domain.errors import (
    FutureDate,
    NoObjection,
    ObjectionPending,
    OrderIsSettled,
    ReportBackInThePast,
    UnknownOrder,
)

CATEGORY = "order"

CONTRACT_TERMINATION = "contract-termination"
LINE_CUT = "line-cut"
LINE_CUT_ARRANGEMENT = "line-cut-arrangement"


@dataclass(frozen=True, slots=True)
class Order:
    order_id: UUID | None = None
    case_id: UUID | None = None
    kind: str = ""
    addressee_id: UUID | None = None
    agent_id: UUID | None = None
    contract_id: UUID | None = None
    line_id: UUID | None = None
    report_back_at: datetime | None = None
    round: int = 1
    """Counts the report-back instants the order has had: the first, and one after each objection rejected."""
    acknowledged: bool = False
    objection_pending: bool = False
    overdue: bool = False
    outcome: str | None = None
    """`executed`, `already-closed`, `objected` or `withdrawn` once it has come to its end."""


INITIAL = Order()


def evolve(order: Order, event: Event) -> Order:
    match event:
        case ContractTerminationDemanded():
            return Order(
                order_id=event.order_id,
                case_id=event.case_id,
                kind=CONTRACT_TERMINATION,
                addressee_id=event.addressee_id,
                agent_id=event.agent_id,
                contract_id=event.contract_id,
                report_back_at=event.report_back_at,
            )
        case LineCutRequested():
            return Order(
                order_id=event.order_id,
                case_id=event.case_id,
                kind=event.kind,
                addressee_id=event.addressee_id,
                agent_id=event.agent_id,
                line_id=event.line_id,
                report_back_at=event.report_back_at,
            )
        case OrderAcknowledged():
            return replace(order, acknowledged=True)
        case OrderExecuted():
            return replace(order, outcome=event.outcome, objection_pending=False)
        case OrderObjected():
            return replace(order, objection_pending=True)
        case ObjectionDecided(upheld=True):
            return replace(order, outcome="objected", objection_pending=False)
        case ObjectionDecided():
            return replace(
                order,
                objection_pending=False,
                overdue=False,
                report_back_at=event.report_back_at,
                round=order.round + 1,
            )
        case OrderWithdrawn():
            return replace(order, outcome="withdrawn", objection_pending=False)
        case OrderOverdue():
            return replace(order, overdue=True)
        case _:
            return order


def acknowledge(order: Order, today: date) -> tuple[OrderAcknowledged, ...]:
    """One that comes twice, or after the company's answer, changes nothing. Raises UnknownOrder."""
    order_id, case_id, addressee_id = _known(order)
    if order.acknowledged or order.objection_pending or order.outcome is not None:
        return ()
    return (
        OrderAcknowledged(
            order_id=order_id, case_id=case_id, kind=order.kind, addressee_id=addressee_id, acknowledged_on=today
        ),
    )


def report_execution(order: Order, outcome: str, executed_on: date, evidence: str, today: date) -> OrderExecuted:
    """Raises UnknownOrder, OrderIsSettled, FutureDate. An objection that waits is overtaken by the execution."""
    order_id, case_id, addressee_id = _unsettled(order)
    if executed_on > today:
        raise FutureDate(
            "{executed_on} has not come yet: today is {today}", executed_on=executed_on, today=today.isoformat()
        )
    assert order.agent_id is not None
    return OrderExecuted(
        order_id=order_id,
        case_id=case_id,
        kind=order.kind,
        addressee_id=addressee_id,
        agent_id=order.agent_id,
        contract_id=order.contract_id,
        line_id=order.line_id,
        outcome=outcome,
        executed_on=executed_on,
        evidence=evidence,
    )


def object_to(order: Order, reason: str) -> OrderObjected:
    """Raises UnknownOrder, OrderIsSettled, ObjectionPending."""
    order_id, case_id, addressee_id = _unsettled(order)
    if order.objection_pending:
        raise ObjectionPending("the first objection has not been decided yet")
    return OrderObjected(order_id=order_id, case_id=case_id, kind=order.kind, addressee_id=addressee_id, reason=reason)


def decide_objection(
    order: Order, upheld: bool, reason: str, report_back_at: datetime | None, now: datetime
) -> ObjectionDecided:
    """A rejected objection needs a new report-back instant. Raises UnknownOrder, NoObjection, ReportBackInThePast."""
    order_id, case_id, addressee_id = _unsettled(order)
    if not order.objection_pending:
        raise NoObjection("the company has not objected, or the objection was decided")
    if not upheld:
        check_report_back(report_back_at, now)
    return ObjectionDecided(
        order_id=order_id,
        case_id=case_id,
        kind=order.kind,
        addressee_id=addressee_id,
        upheld=upheld,
        reason=reason,
        report_back_at=None if upheld else report_back_at,
    )


def withdraw(order: Order, reason: str) -> OrderWithdrawn:
    """Raises UnknownOrder, OrderIsSettled."""
    order_id, case_id, addressee_id = _unsettled(order)
    return OrderWithdrawn(order_id=order_id, case_id=case_id, kind=order.kind, addressee_id=addressee_id, reason=reason)


def mark_overdue(order: Order, now: datetime) -> tuple[OrderOverdue, ...]:
    """Nothing for an order that is settled, objected to, already marked, or whose instant has moved on."""
    if order.order_id is None or order.outcome is not None or order.objection_pending or order.overdue:
        return ()
    assert order.report_back_at is not None
    assert order.case_id is not None
    assert order.addressee_id is not None
    assert order.agent_id is not None
    if now < order.report_back_at:
        return ()
    return (
        OrderOverdue(
            order_id=order.order_id,
            case_id=order.case_id,
            kind=order.kind,
            addressee_id=order.addressee_id,
            agent_id=order.agent_id,
            report_back_at=order.report_back_at,
            acknowledged=order.acknowledged,
        ),
    )


def check_report_back(report_back_at: datetime | None, now: datetime) -> None:
    """Raises ReportBackInThePast when the instant is missing or not ahead of `now`."""
    if report_back_at is None or report_back_at <= now:
        raise ReportBackInThePast("the company needs an instant ahead of it to report back", now=now.isoformat())


def _known(order: Order) -> tuple[UUID, UUID, UUID]:
    if order.order_id is None or order.case_id is None or order.addressee_id is None:
        raise UnknownOrder("no order has this id")
    return order.order_id, order.case_id, order.addressee_id


def _unsettled(order: Order) -> tuple[UUID, UUID, UUID]:
    known = _known(order)
    if order.outcome is not None:
        raise OrderIsSettled("the order ended: {outcome}", outcome=order.outcome)
    return known
