"""A case (hồ sơ xử lý), as a process manager: one violation, the orders it led to, and what the register confirmed.

Its state is the fold of its own stream. What comes late, twice or from elsewhere answers nothing; what comes out of
order (the register's confirmation before the order's end) is kept until the rest is there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP, Event
from contracts.events.enforcement import (
    CaseClosed,
    CaseOpened,
    CaseOrderAdded,
    CaseOrderOverdue,
    CaseOrderSettled,
    CaseReopened,
    CaseRestrictionConfirmed,
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderExecuted,
    OrderOverdue,
    OrderWithdrawn,
)
from contracts.events.inspection import ViolationFound
from contracts.events.registry import ContractTerminated, LineCut
from law.leads import Lead
from services.enforcement.domain.order import CONTRACT_TERMINATION, LINE_CUT

CATEGORY = "case"

RESTRICTIONS = frozenset({CONTRACT_TERMINATION, LINE_CUT})
"""Kinds of orders whose effect the register must confirm; an arrangement has none of its own."""

DONE = frozenset({"executed", "already-closed"})


@dataclass(frozen=True, slots=True)
class CaseOrder:
    kind: str | None = None
    outcome: str | None = None
    confirmed: bool = False
    overdue: bool = False

    @property
    def is_finished(self) -> bool:
        if self.kind is None or self.outcome is None:
            return False
        return self.confirmed or self.kind not in RESTRICTIONS or self.outcome not in DONE


@dataclass(frozen=True, slots=True)
class Case:
    case_id: UUID | None = None
    is_closed: bool = False
    lead: str = ""
    information_security: bool = False
    target_id: UUID | None = None
    area: str = ""
    orders: Mapping[UUID, CaseOrder] = field(default_factory=dict)


INITIAL = Case()


def case_id_of(violation_id: UUID) -> UUID:
    """One case a violation, so that a violation delivered twice opens one."""
    return uuid5(PHOIHOP, f"case/{violation_id}")


def open_case(case: Case, violation: ViolationFound, lead: Lead) -> Iterator[CaseOpened]:
    if case.case_id is not None:
        return
    yield CaseOpened(
        case_id=case_id_of(violation.violation_id),
        violation_id=violation.violation_id,
        inspection_id=violation.inspection_id,
        target_kind=violation.target_kind,
        target_id=violation.target_id,
        area=violation.area,
        category=violation.category,
        provision=violation.provision,
        information_security=violation.information_security,
        lead=lead.agency,
        lead_clause=lead.clause,
    )


def react(case: Case, message: Event) -> Iterator[Event]:
    """What the case adds to its own stream in answer to a message about one of its orders."""
    if case.case_id is None:
        return
    answers = list(_note(case, case.case_id, message))
    if not answers:
        return
    for answer in answers:
        case = evolve(case, answer)
        yield answer
    if not case.is_closed and case.orders and all(order.is_finished for order in case.orders.values()):
        yield CaseClosed(case_id=case.case_id, orders=len(case.orders))


def _note(case: Case, case_id: UUID, message: Event) -> Iterator[Event]:
    match message:
        case ContractTerminationDemanded() | LineCutRequested():
            if _order(case, message.order_id).kind is None:
                kind = message.kind if isinstance(message, LineCutRequested) else CONTRACT_TERMINATION
                if case.is_closed:
                    yield CaseReopened(case_id=case_id, order_id=message.order_id)
                yield CaseOrderAdded(case_id=case_id, order_id=message.order_id, kind=kind)
        case OrderExecuted():
            yield from _settle(case, case_id, message.order_id, message.outcome)
        case ObjectionDecided(upheld=True):
            yield from _settle(case, case_id, message.order_id, "objected")
        case OrderWithdrawn():
            yield from _settle(case, case_id, message.order_id, "withdrawn")
        case OrderOverdue():
            if not _order(case, message.order_id).overdue:
                yield CaseOrderOverdue(case_id=case_id, order_id=message.order_id)
        case ContractTerminated(order_id=UUID() as order_id) | LineCut(order_id=order_id):
            if not _order(case, order_id).confirmed:
                yield CaseRestrictionConfirmed(case_id=case_id, order_id=order_id)


def _settle(case: Case, case_id: UUID, order_id: UUID, outcome: str) -> Iterator[Event]:
    if _order(case, order_id).outcome is None:
        yield CaseOrderSettled(case_id=case_id, order_id=order_id, outcome=outcome)


def _order(case: Case, order_id: UUID) -> CaseOrder:
    return case.orders.get(order_id, CaseOrder())


def evolve(case: Case, event: Event) -> Case:
    match event:
        case CaseOpened():
            return Case(
                case_id=event.case_id,
                lead=event.lead,
                information_security=event.information_security,
                target_id=event.target_id,
                area=event.area,
            )
        case CaseOrderAdded():
            return _with(case, event.order_id, replace(_order(case, event.order_id), kind=event.kind))
        case CaseOrderOverdue():
            return _with(case, event.order_id, replace(_order(case, event.order_id), overdue=True))
        case CaseOrderSettled():
            return _with(case, event.order_id, replace(_order(case, event.order_id), outcome=event.outcome))
        case CaseRestrictionConfirmed():
            return _with(case, event.order_id, replace(_order(case, event.order_id), confirmed=True))
        case CaseClosed():
            return replace(case, is_closed=True)
        case CaseReopened():
            return replace(case, is_closed=False)
        case _:
            return case


def _with(case: Case, order_id: UUID, order: CaseOrder) -> Case:
    return replace(case, orders={**case.orders, order_id: order})
