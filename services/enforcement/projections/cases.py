"""Cases and orders as officers, companies and lists see them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from contracts.envelope import Event, Received
from contracts.events.enforcement import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderAcknowledged,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
    OrderWithdrawn,
    RoundIssued,
)
from contracts.sql import Cursor, Rows
from contracts.text import Code
from services.enforcement.domain.order import CONTRACT_TERMINATION

ORDER_EVENTS = (
    ContractTerminationDemanded,
    LineCutRequested,
    OrderAcknowledged,
    OrderExecuted,
    OrderObjected,
    ObjectionDecided,
    OrderWithdrawn,
    OrderOverdue,
)

OrderState = Literal["open", "acknowledged", "objected", "executed", "already-closed", "objection-upheld", "withdrawn"]
UNSETTLED = ("open", "acknowledged", "objected")


class Cases:
    name = "cases"
    tables = ("case_file", "order_file", "round_file")
    wants: tuple[type[Event], ...] = (CaseOpened, CaseClosed, CaseReopened, RoundIssued, *ORDER_EVENTS)
    ddl = """
        create table case_file (
            case_id uuid primary key, version int not null, state text, violation_id uuid, inspection_id uuid,
            target_kind text, target_id uuid, area text, category text, provision text, information_security boolean,
            lead text, opened_at timestamptz
        );
        create index case_file_state on case_file (state, case_id);
        create table order_file (
            order_id uuid primary key, version int not null, state text, kind text, case_id uuid, round_id uuid,
            addressee_id uuid, agent_id uuid, contract_id uuid, line_id uuid, report_back_at timestamptz,
            issued_at timestamptz, document text, signature text, key_id text, executed_on date, remark text,
            overdue boolean
        );
        create index order_file_addressee on order_file (addressee_id, order_id);
        create index order_file_state on order_file (state, order_id);
        create index order_file_case on order_file (case_id);
        create table round_file (
            round_id uuid primary key, version int not null, kind text, letter_number text, issued_on date,
            report_back_at timestamptz, reason text, orders int
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        cases = Rows("case_file", ("case_id",), CASE_COLUMNS)
        orders = Rows("order_file", ("order_id",), ORDER_COLUMNS)
        rounds = Rows("round_file", ("round_id",), ROUND_COLUMNS)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case CaseOpened():
                    opened = event.model_dump(include=set(CASE_COLUMNS))
                    cases.put(
                        (event.case_id,), version, state="open", opened_at=received.envelope.occurred_at, **opened
                    )
                case CaseClosed() | CaseReopened():
                    cases.put((event.case_id,), version, state="closed" if isinstance(event, CaseClosed) else "open")
                case RoundIssued():
                    rounds.put((event.round_id,), version, **event.model_dump(include=set(ROUND_COLUMNS)))
                case _ if isinstance(event, ORDER_EVENTS):
                    orders.put((event.order_id,), version, **_order_columns(received))
        for rows in (cases, orders, rounds):
            rows.write(cursor)


CASE_COLUMNS = (
    "state",
    "violation_id",
    "inspection_id",
    "target_kind",
    "target_id",
    "area",
    "category",
    "provision",
    "information_security",
    "lead",
    "opened_at",
)
ORDER_COLUMNS = (
    "state",
    "kind",
    "case_id",
    "round_id",
    "addressee_id",
    "agent_id",
    "contract_id",
    "line_id",
    "report_back_at",
    "issued_at",
    "document",
    "signature",
    "key_id",
    "executed_on",
    "remark",
    "overdue",
)
ROUND_COLUMNS = ("kind", "letter_number", "issued_on", "report_back_at", "reason", "orders")


def _order_columns(received: Received) -> dict[str, Any]:
    event = received.event
    match event:
        case ContractTerminationDemanded() | LineCutRequested():
            columns = event.model_dump(include=set(ORDER_COLUMNS))
            issued = {"state": "open", "issued_at": received.envelope.occurred_at, "overdue": False}
            return {"kind": CONTRACT_TERMINATION} | columns | issued
        case OrderAcknowledged():
            return {"state": "acknowledged"}
        case OrderExecuted():
            return {"state": event.outcome, "executed_on": event.executed_on, "remark": event.evidence}
        case OrderObjected():
            return {"state": "objected", "remark": event.reason}
        case ObjectionDecided():
            state = "objection-upheld" if event.upheld else "open"
            answer = {"state": state, "remark": event.reason}
            return answer if event.upheld else answer | {"report_back_at": event.report_back_at, "overdue": False}
        case OrderWithdrawn():
            return {"state": "withdrawn", "remark": event.reason}
        case OrderOverdue():
            return {"overdue": True}
    raise TypeError(f"not an event of an order: {type(event).__name__}")


class CaseView(BaseModel):
    """A case in a list."""

    case_id: UUID
    state: Literal["open", "closed"]
    violation_id: UUID
    inspection_id: UUID
    target_kind: str
    target_id: UUID
    area: str
    category: str
    provision: str
    information_security: bool
    lead: str
    opened_at: datetime


class OrderView(BaseModel):
    """An order with its document and the document's detached signature."""

    order_id: UUID
    state: OrderState
    kind: str
    case_id: UUID
    round_id: UUID
    addressee_id: UUID
    agent_id: UUID
    contract_id: UUID | None
    line_id: UUID | None
    report_back_at: datetime
    issued_at: datetime
    document: str
    signature: str
    key_id: str
    executed_on: date | None
    remark: str | None
    overdue: bool


class CaseDetail(CaseView):
    """A case with its orders, the oldest first."""

    orders: list[OrderView]


class CaseFilter(BaseModel):
    """What a list of cases may be narrowed to."""

    state: Literal["open", "closed"] | None = None
    area: Code | None = None
    target_id: UUID | None = None
    violation_id: UUID | None = None


class OrderFilter(BaseModel):
    """What a list of orders may be narrowed to. `state=unsettled` is open, acknowledged or objected to;
    `state=overdue` is unsettled with its report-back passed."""

    state: OrderState | Literal["unsettled", "overdue"] | None = None
    addressee_id: UUID | None = None
    case_id: UUID | None = None
    kind: Code | None = None


LIST_CASES = f"""
    select {", ".join(CaseView.model_fields)} from case_file
    where (%(state)s::text is null or state = %(state)s)
      and (%(area)s::text is null or area = %(area)s)
      and (%(target_id)s::uuid is null or target_id = %(target_id)s)
      and (%(violation_id)s::uuid is null or violation_id = %(violation_id)s)
      and (%(after)s::uuid is null or case_id > %(after)s::uuid)
    order by case_id limit %(fetch)s
"""

LIST_ORDERS = f"""
    select {", ".join(OrderView.model_fields)} from order_file
    where (%(states)s::text[] is null or state = any(%(states)s))
      and (not %(overdue)s or overdue)
      and (%(addressee_id)s::uuid is null or addressee_id = %(addressee_id)s)
      and (%(case_id)s::uuid is null or case_id = %(case_id)s)
      and (%(kind)s::text is null or kind = %(kind)s)
      and (%(after)s::uuid is null or order_id > %(after)s::uuid)
    order by order_id limit %(fetch)s
"""


def list_cases(cursor: Cursor, narrow: CaseFilter, after: str | None, fetch: int) -> list[CaseView]:
    """Cases by id; `after` is the last id of the page before."""
    cursor.execute(LIST_CASES, {**narrow.model_dump(), "after": after, "fetch": fetch})
    return _read(CaseView, cursor)


def list_orders(cursor: Cursor, narrow: OrderFilter, after: str | None, fetch: int) -> list[OrderView]:
    """Orders by id; `after` is the last id of the page before."""
    states: list[str] | None = [narrow.state] if narrow.state else None
    if narrow.state in ("unsettled", "overdue"):
        states = list(UNSETTLED)
    cursor.execute(
        LIST_ORDERS,
        {
            "states": states,
            "overdue": narrow.state == "overdue",
            **narrow.model_dump(exclude={"state"}),
            "after": after,
            "fetch": fetch,
        },
    )
    return _read(OrderView, cursor)


def show_case(cursor: Cursor, case_id: UUID) -> CaseDetail | None:
    """The case with its orders; None when there is no such case."""
    cursor.execute(f"select {', '.join(CaseView.model_fields)} from case_file where case_id = %s", (case_id,))
    found = _read(CaseView, cursor)
    if not found:
        return None
    cursor.execute(
        f"select {', '.join(OrderView.model_fields)} from order_file where case_id = %s order by issued_at, order_id",
        (case_id,),
    )
    return CaseDetail(**found[0].model_dump(), orders=_read(OrderView, cursor))


def show_order(cursor: Cursor, order_id: UUID) -> OrderView | None:
    """The order; None when there is no such order."""
    cursor.execute(f"select {', '.join(OrderView.model_fields)} from order_file where order_id = %s", (order_id,))
    return next(iter(_read(OrderView, cursor)), None)


V = TypeVar("V", bound=BaseModel)


def _read(view: type[V], cursor: Cursor) -> list[V]:
    names = tuple(view.model_fields)
    return [view.model_validate(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
