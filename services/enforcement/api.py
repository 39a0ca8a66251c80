"""The doors of enforcement: cases and demands for officers, orders for the companies they are addressed to."""

from uuid import UUID

from pydantic import BaseModel

from chassis.web.routes import Page, Query, Routes
from contracts.commands.enforcement import (
    AcknowledgeOrder,
    DecideObjection,
    IssueTerminationRound,
    ObjectToOrder,
    ReportExecution,
    RequestLineCut,
    WithdrawOrder,
)
from contracts.sql import Cursor
from services.enforcement.domain.errors import UnknownCase, UnknownOrder
from services.enforcement.projections import cases
from services.enforcement.projections.cases import CaseDetail, CaseFilter, CaseView, OrderFilter, OrderView


class IssuedOrder(BaseModel):
    """An order of a round: who must do what."""

    order_id: UUID
    kind: str
    case_id: UUID
    addressee_id: UUID


class IssuedRound(BaseModel):
    """What a letter made: its orders; demands on the same contract or line that were open already make none."""

    round_id: UUID
    orders: list[IssuedOrder]
    open_already: list[UUID]


class OrderAnswer(BaseModel):
    """`changed` is false when the order already said so."""

    order_id: UUID
    changed: bool


def list_cases(cursor: Cursor, query: Query) -> Page[CaseView]:
    rows = cases.list_cases(cursor, query.filters, _after(query), query.page.fetch)
    return Page.of(rows, query.page, key=lambda row: [str(row.case_id)])


def show_case(cursor: Cursor, query: Query) -> CaseDetail:
    found = cases.show_case(cursor, query.path["case_id"])
    if found is None:
        raise UnknownCase("there is no case {case_id}", case_id=query.path["case_id"])
    return found


def list_orders(cursor: Cursor, query: Query) -> Page[OrderView]:
    """A company sees its own orders only, whatever it asks for."""
    narrow: OrderFilter = query.filters
    if query.principal is not None and query.principal.company_id is not None:
        narrow = narrow.model_copy(update={"addressee_id": query.principal.company_id})
    rows = cases.list_orders(cursor, narrow, _after(query), query.page.fetch)
    return Page.of(rows, query.page, key=lambda row: [str(row.order_id)])


def show_order(cursor: Cursor, query: Query) -> OrderView:
    found = cases.show_order(cursor, query.path["order_id"])
    company = query.principal.company_id if query.principal is not None else None
    if found is None or company not in (None, found.addressee_id):
        raise UnknownOrder("there is no order {order_id}", order_id=query.path["order_id"])
    return found


def _after(query: Query) -> str | None:
    return query.page.after[0] if query.page.after else None


routes = Routes("enforcement")

routes.query(
    "GET", "/cases", list_cases, filters=CaseFilter, answers=Page[CaseView], after=True, summary="Cases, by id"
)
routes.query("GET", "/cases/{case_id}", show_case, answers=CaseDetail, after=True, summary="A case with its orders")
routes.command(
    "POST",
    "/termination-rounds",
    IssueTerminationRound,
    status=201,
    answers=IssuedRound,
    summary="Demand the end of the agency contracts of the agents in these cases",
    clause="HD-2.1d3",
)
routes.command(
    "POST",
    "/cases/{case_id}/line-cuts",
    RequestLineCut,
    status=201,
    answers=IssuedRound,
    summary="Request the cut of an agent's numbers or lines",
    clause="HD-3c4",
)
routes.query(
    "GET",
    "/orders",
    list_orders,
    filters=OrderFilter,
    answers=Page[OrderView],
    after=True,
    who=("officer", "company"),
    summary="Orders, by id; a company sees those addressed to it",
)
routes.query(
    "GET",
    "/orders/{order_id}",
    show_order,
    answers=OrderView,
    after=True,
    who=("officer", "company"),
    summary="An order with its document and signature",
)
routes.command(
    "POST",
    "/orders/{order_id}/acknowledgement",
    AcknowledgeOrder,
    answers=OrderAnswer,
    who=("company",),
    summary="Say that the order has arrived",
)
routes.command(
    "POST",
    "/orders/{order_id}/execution",
    ReportExecution,
    answers=OrderAnswer,
    who=("company",),
    summary="Say what was done",
    clause="HD-2.1d3",
)
routes.command(
    "POST",
    "/orders/{order_id}/objection",
    ObjectToOrder,
    answers=OrderAnswer,
    who=("company",),
    summary="Say why it is not done",
)
routes.command(
    "POST",
    "/orders/{order_id}/objection-decision",
    DecideObjection,
    answers=OrderAnswer,
    summary="Uphold an objection, or reject it with a new report-back",
)
routes.command(
    "POST", "/orders/{order_id}/withdrawal", WithdrawOrder, answers=OrderAnswer, summary="Take an order back"
)
