"""What enforcement does when asked: load with version, decide, answer with what is to be appended.

The table at the foot says which command, timer and case message goes where.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.store.commands import Handler
from chassis.store.context import Context
from chassis.store.decision import Change, Claim, Decision, Timer
from chassis.store.load import Fold, Loaded
from chassis.timers.due import TimerDue
from contracts.commands.enforcement import (
    AcknowledgeOrder,
    DecideObjection,
    IssueTerminationRound,
    MarkOrderOverdue,
    ObjectToOrder,
    ReportExecution,
    RequestLineCut,
    WithdrawOrder,
)
from contracts.envelope import Command, Event
from contracts.events.enforcement import (
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderExecuted,
    OrderOverdue,
    OrderWithdrawn,
    RoundIssued,
)
from contracts.events.inspection import ViolationFound
from contracts.events.registry import ContractTerminated, LineCut
from law.clauses import Law
from law.leads import lead_of
from services.enforcement.domain import case as cases
from services.enforcement.domain import order as orders
from services.enforcement.domain import round as rounds
from services.enforcement.domain.case import Case
from services.enforcement.domain.errors import NothingToDemand, UnknownOrder
from services.enforcement.domain.order import CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT, Order
from services.enforcement.domain.round import Letter, Party, Target
from services.enforcement.projections.register import contracts_of, lines_of
from services.enforcement.signing import OrderSigner

CASE = Fold(cases.CATEGORY, cases.INITIAL, cases.evolve)
ORDER = Fold(orders.CATEGORY, orders.INITIAL, orders.evolve)

OPEN_DEMAND = "open-demand"
"""Claim on a contract or line while an order about it is unsettled: two letters at the same moment make one order."""

REPORT_BACK = "report-back"


@dataclass(frozen=True)
class Demands:
    """The two demands of the DIC; they need its signing key."""

    signer: OrderSigner

    def issue_termination_round(self, command: IssueTerminationRound, context: Context) -> Decision:
        """Raises ReservedToAnother, UnknownCase, LeadRequestMissing, ReportBackInThePast, NothingToDemand."""
        orders.check_report_back(command.report_back_at, context.now)
        found = {case_id: one.state for case_id, one in context.load_many(CASE, command.case_ids).items()}
        rounds.check_cases(
            [(case_id, found.get(case_id, cases.INITIAL)) for case_id in command.case_ids], command.lead_request
        )
        clause = context.require("contract-termination.demand")
        case_of = {case.target_id: case_id for case_id, case in reversed(found.items())}
        targets = contracts_of(context.query, [agent for agent in case_of if agent is not None])
        letter = Letter(context.new_id("round"), command.letter_number, context.today, command.report_back_at, clause)
        demanded = [
            _Demand(letter, case_of[target.agent_id], CONTRACT_TERMINATION, addressee, target)
            for target, addressee in targets
        ]
        return self._issue(context, letter, demanded, CONTRACT_TERMINATION, command.reason, command.lead_request)

    def request_line_cut(self, command: RequestLineCut, context: Context) -> Decision:
        """One order to the ISP that arranges, one to the telecom company that owns the line (HD-3c4).

        Raises as `issue_termination_round`, NothingToDemand naming lines that are not the agent's or cut already.
        """
        orders.check_report_back(command.report_back_at, context.now)
        case = context.load(CASE, command.case_id).state
        rounds.check_cases([(command.case_id, case)], command.lead_request)
        clause = context.require("line-cut.request", area=case.area)
        assert case.target_id is not None
        lines = lines_of(context.query, case.target_id, command.line_ids)
        absent = rounds.missing(command.line_ids, [target.line_id for target, _, _ in lines if target.line_id])
        if absent:
            raise NothingToDemand("some lines are not this agent's, or are cut already", line_ids=absent)
        letter = Letter(context.new_id("round"), command.letter_number, context.today, command.report_back_at, clause)
        demanded = [
            _Demand(letter, command.case_id, kind, addressee, target)
            for target, isp, owner in lines
            for kind, addressee in ((LINE_CUT_ARRANGEMENT, isp), (LINE_CUT, owner))
        ]
        return self._issue(context, letter, demanded, LINE_CUT, command.reason, command.lead_request)

    def _issue(
        self,
        context: Context,
        letter: Letter,
        demanded: Sequence["_Demand"],
        kind: str,
        reason: str,
        lead_request: str | None,
    ) -> Decision:
        taken = context.claimed_by_many(OPEN_DEMAND, [demand.claim_value for demand in demanded])
        open_already = sorted({str(taken[demand.claim_value]) for demand in demanded if demand.claim_value in taken})
        fresh = [demand for demand in demanded if demand.claim_value not in taken]
        if not fresh:
            raise NothingToDemand("there is no contract or line left to demand", open_orders=open_already)
        header = RoundIssued(
            round_id=letter.round_id,
            kind=kind,
            letter_number=letter.letter_number,
            issued_on=letter.issued_on,
            report_back_at=letter.report_back_at,
            reason=reason,
            lead_request=lead_request,
            orders=len(fresh),
        )
        return Decision(
            changes=(
                Change(letter.round_id, rounds.CATEGORY, 0, (header,)),
                *(Change(demand.order_id, orders.CATEGORY, 0, (demand.event(self.signer),)) for demand in fresh),
            ),
            claims=tuple(Claim(OPEN_DEMAND, demand.claim_value, demand.order_id) for demand in fresh),
            timers=tuple(Timer(demand.order_id, REPORT_BACK, 1, letter.report_back_at) for demand in fresh),
            response={
                "round_id": str(letter.round_id),
                "orders": [
                    {
                        "order_id": str(demand.order_id),
                        "kind": demand.kind,
                        "case_id": str(demand.case_id),
                        "addressee_id": str(demand.addressee.provider_id),
                    }
                    for demand in fresh
                ],
                "open_already": open_already,
            },
            clause=letter.clause,
        )


@dataclass(frozen=True)
class _Demand:
    letter: Letter
    case_id: UUID
    kind: str
    addressee: Party
    target: Target

    @property
    def order_id(self) -> UUID:
        return rounds.order_id_of(self.letter.round_id, self.case_id, self.kind, self.target)

    @property
    def claim_value(self) -> str:
        return f"{self.kind}/{self.target.contract_id or self.target.line_id}"

    def event(self, signer: OrderSigner) -> Event:
        document = rounds.document(self.letter, self.order_id, self.case_id, self.kind, self.addressee, self.target)
        signed = signer.sign(document)
        shared = {
            "order_id": self.order_id,
            "round_id": self.letter.round_id,
            "case_id": self.case_id,
            "addressee_id": self.addressee.provider_id,
            "agent_id": self.target.agent_id,
            "report_back_at": self.letter.report_back_at,
            "document": document,
            "signature": signed.signature,
            "key_id": signed.key_id,
        }
        if self.kind == CONTRACT_TERMINATION:
            return ContractTerminationDemanded(**shared, contract_id=self.target.contract_id)
        return LineCutRequested(**shared, kind=self.kind, line_id=self.target.line_id)


def acknowledge_order(command: AcknowledgeOrder, context: Context) -> Decision:
    """Raises UnknownOrder, also for another company's order."""
    order = _addressed(context, command.order_id)
    return _change(order, command.order_id, orders.acknowledge(order.state, context.today))


def report_execution(command: ReportExecution, context: Context) -> Decision:
    """Raises UnknownOrder, OrderIsSettled, FutureDate."""
    order = _addressed(context, command.order_id)
    done = orders.report_execution(order.state, command.outcome, command.executed_on, command.evidence, context.today)
    return _settle(order, command.order_id, done)


def object_to_order(command: ObjectToOrder, context: Context) -> Decision:
    """Raises UnknownOrder, OrderIsSettled, ObjectionPending."""
    order = _addressed(context, command.order_id)
    return _change(order, command.order_id, (orders.object_to(order.state, command.reason),))


def decide_objection(command: DecideObjection, context: Context) -> Decision:
    """Raises ReservedToAnother, UnknownOrder, NoObjection, ReportBackInThePast."""
    order = context.load(ORDER, command.order_id)
    clause = _power_over(order.state, context)
    decided = orders.decide_objection(order.state, command.upheld, command.reason, command.report_back_at, context.now)
    if command.upheld:
        return _settle(order, command.order_id, decided, clause)
    assert command.report_back_at is not None
    timer = Timer(command.order_id, REPORT_BACK, order.state.round + 1, command.report_back_at)
    return _change(order, command.order_id, (decided,), timers=(timer,), clause=clause)


def withdraw_order(command: WithdrawOrder, context: Context) -> Decision:
    """Raises ReservedToAnother, UnknownOrder, OrderIsSettled."""
    order = context.load(ORDER, command.order_id)
    clause = _power_over(order.state, context)
    return _settle(order, command.order_id, orders.withdraw(order.state, command.reason), clause)


def mark_order_overdue(command: MarkOrderOverdue, context: Context) -> Decision:
    order = context.load(ORDER, command.order_id)
    return _change(order, command.order_id, orders.mark_overdue(order.state, context.now))


def _addressed(context: Context, order_id: UUID) -> Loaded[Order]:
    order = context.load(ORDER, order_id)
    if order.state.addressee_id is None or order.state.addressee_id != context.principal.company_id:
        raise UnknownOrder("there is no order {order_id}", order_id=str(order_id))
    return order


def _power_over(order: Order, context: Context) -> str | None:
    if order.kind == CONTRACT_TERMINATION:
        return context.require("contract-termination.demand")
    return context.require("line-cut.request")


def _settle(order: Loaded[Order], order_id: UUID, event: Event, clause: str | None = None) -> Decision:
    state = order.state
    held = Claim(OPEN_DEMAND, f"{state.kind}/{state.contract_id or state.line_id}", order_id)
    return _change(order, order_id, (event,), releases=(held,), clause=clause)


def _change(
    order: Loaded[Order],
    order_id: UUID,
    events: tuple[Event, ...],
    *,
    timers: tuple[Timer, ...] = (),
    releases: tuple[Claim, ...] = (),
    clause: str | None = None,
) -> Decision:
    changes = (Change(order_id, orders.CATEGORY, order.version, events),) if events else ()
    return Decision(
        changes=changes,
        response={"order_id": str(order_id), "changed": bool(events)},
        timers=timers,
        releases=releases,
        clause=clause,
    )


def commands(signer: OrderSigner) -> dict[type[Command], Handler]:
    """Which command goes where."""
    demands = Demands(signer)
    return {
        IssueTerminationRound: demands.issue_termination_round,
        RequestLineCut: demands.request_line_cut,
        AcknowledgeOrder: acknowledge_order,
        ReportExecution: report_execution,
        ObjectToOrder: object_to_order,
        DecideObjection: decide_objection,
        WithdrawOrder: withdraw_order,
        MarkOrderOverdue: mark_order_overdue,
    }


def mark_overdue(due: TimerDue, context: Context) -> MarkOrderOverdue:  # noqa: ARG001 - the form they all have
    """The report-back instant of an order has come."""
    return MarkOrderOverdue(order_id=due.stream_id)


TIMERS = {REPORT_BACK: mark_overdue}


def react_to(law: Law, scope: str) -> Callable[[Case, Any], Iterator[Event | Timer]]:
    """How a case answers: a violation opens it under the lead that the law names on the day it was found."""

    def react(case: Case, message: Any) -> Iterator[Event | Timer]:
        if isinstance(message, ViolationFound):
            lead = lead_of(law, scope, message.found_on, information_security=message.information_security)
            return cases.open_case(case, message, lead)
        return cases.react(case, message)

    return react


def case_of(message: Any) -> UUID | None:
    """The stream of the case that a message is about; None when the register says nothing of an order."""
    if isinstance(message, ViolationFound):
        return cases.case_id_of(message.violation_id)
    case_id: UUID | None = message.case_id
    return case_id


CASE_MESSAGES: tuple[type[Event], ...] = (
    ViolationFound,
    ContractTerminationDemanded,
    LineCutRequested,
    OrderExecuted,
    ObjectionDecided,
    OrderWithdrawn,
    OrderOverdue,
    ContractTerminated,
    LineCut,
)
