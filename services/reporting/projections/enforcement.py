"""Violations, cases and orders as reporting counts them."""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import Event, Received
from contracts.events.enforcement import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
    OrderWithdrawn,
)
from contracts.events.inspection import ViolationFound
from contracts.sql import Cursor, Rows


class Enforcement:
    name = "enforcement"
    tables = ("violation", "case_file", "order_file")
    wants: tuple[type[Event], ...] = (
        ViolationFound,
        CaseOpened,
        CaseClosed,
        CaseReopened,
        ContractTerminationDemanded,
        LineCutRequested,
        OrderExecuted,
        OrderObjected,
        ObjectionDecided,
        OrderWithdrawn,
        OrderOverdue,
    )
    ddl = """
        create table violation (
            violation_id uuid primary key, version int not null, provision text, empowered_by text, category text
        );
        create table case_file (case_id uuid primary key, version int not null, closed boolean);
        create table order_file (
            order_id uuid primary key, version int not null, kind text, outcome text, overdue boolean
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        violations = Rows("violation", ("violation_id",), ("provision", "empowered_by", "category"))
        cases = Rows("case_file", ("case_id",), ("closed",))
        orders = Rows("order_file", ("order_id",), ("kind", "outcome", "overdue"))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case ViolationFound():
                    violations.put(
                        (event.violation_id,),
                        version,
                        provision=event.provision,
                        empowered_by=event.empowered_by,
                        category=event.category,
                    )
                case CaseOpened() | CaseClosed() | CaseReopened():
                    cases.put((event.case_id,), version, closed=isinstance(event, CaseClosed))
                case _:
                    orders.put((received.envelope.stream_id,), version, **_of_order(event))
        for rows in (violations, cases, orders):
            rows.write(cursor)


def _of_order(event: Event) -> dict[str, Any]:
    """`waiting` is open; `objected` waits for the Department's decision."""
    match event:
        case ContractTerminationDemanded():
            return {"kind": "contract-termination", "outcome": "waiting"}
        case LineCutRequested():
            return {"kind": event.kind, "outcome": "waiting"}
        case OrderExecuted():
            return {"outcome": event.outcome}
        case OrderObjected():
            return {"outcome": "objected"}
        case ObjectionDecided(upheld=True):
            return {"outcome": "objection-upheld"}
        case ObjectionDecided():
            return {"outcome": "waiting", "overdue": False}
        case OrderWithdrawn():
            return {"outcome": "withdrawn"}
        case OrderOverdue():
            return {"overdue": True}
    raise TypeError(f"not an event of an order: {type(event).__name__}")


VIOLATIONS = """
    select provision, empowered_by, category, count(*) from violation group by 1, 2, 3 order by 1, 2, 3
"""
ORDERS = """
    select kind, case when outcome in ('waiting', 'objected') and overdue then 'overdue' else outcome end as outcome,
           count(*)
    from order_file group by 1, 2 order by 1, 2
"""
CASES = "select case when closed then 'closed' else 'open' end as state, count(*) from case_file group by 1"
