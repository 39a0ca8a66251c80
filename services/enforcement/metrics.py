"""The metrics of enforcement, in `work`: gauges read from its read models, and what those count as facts arrive."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.consume.projection import Projection
from chassis.observe.metrics import HOURS_AND_DAYS, counter, gauge, histogram
from chassis.postgres.pool import Pool
from contracts.envelope import Event, Received
from contracts.events.enforcement import (
    CaseClosed,
    ObjectionDecided,
    OrderExecuted,
    OrderObjected,
    OrderOverdue,
    OrderWithdrawn,
)
from contracts.sql import Cursor
from services.enforcement.domain.order import CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT

KINDS = (CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT)
STATES = ("open", "acknowledged", "objected", "executed", "already-closed", "objection-upheld", "withdrawn")
OUTCOMES = ("executed", "already-closed", "objected", "objection-upheld", "objection-rejected", "withdrawn", "overdue")

CASES = gauge("phoihop_cases", "Cases by state", state=("open", "closed"))
OLDEST_CASE_AGE = gauge("phoihop_case_oldest_active_age_seconds", "Age of the oldest case that is open")
ORDERS = gauge("phoihop_orders", "Orders by kind and state", kind=KINDS, state=STATES)
ORDERS_OVERDUE = gauge("phoihop_orders_overdue", "Unsettled orders whose report-back instant has passed", kind=KINDS)
ORDER_OUTCOMES = counter(
    "phoihop_order_outcomes_total",
    "What became of orders since the process started; an order that is overdue may be executed later",
    outcome=(
        "executed",
        "already-closed",
        "objected",
        "objection-upheld",
        "objection-rejected",
        "withdrawn",
        "overdue",
    ),
)
CASE_DURATION = histogram(
    "phoihop_case_duration_seconds",
    "From the opening of a case to each time it was closed",
    buckets=HOURS_AND_DAYS,
)

OPENED = "select case_id, opened_at from case_file where case_id = any(%s::uuid[])"
COUNT_CASES = "select state, count(*) from case_file group by state"
OLDEST_CASE = """
    select coalesce(extract(epoch from clock_timestamp() - min(opened_at)), 0) from case_file where state = 'open'
"""
COUNT_ORDERS = """
    select kind, state, count(*), count(*) filter (where overdue and state in ('open', 'acknowledged', 'objected'))
    from order_file group by kind, state
"""


class Measures:
    """Sets the gauges; they belong to `work`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def run_once(self) -> int:
        with self._pool.transaction(read_only=True) as cursor:
            refresh(cursor)
        return 0


def refresh(cursor: Cursor) -> None:
    """Every series, 0 where there is none. `cursor` reads the live read models."""
    cursor.execute(COUNT_CASES)
    cases = dict(cursor.fetchall())
    for state in ("open", "closed"):
        CASES.labels(state).set(cases.get(state, 0))
    cursor.execute(OLDEST_CASE)
    oldest = cursor.fetchone()
    OLDEST_CASE_AGE.set(float(oldest[0]) if oldest else 0)
    cursor.execute(COUNT_ORDERS)
    counted = {(kind, state): (count, overdue) for kind, state, count, overdue in cursor.fetchall()}
    for kind in KINDS:
        for state in STATES:
            ORDERS.labels(kind, state).set(counted.get((kind, state), (0, 0))[0])
        ORDERS_OVERDUE.labels(kind).set(sum(counted.get((kind, state), (0, 0))[1] for state in STATES))


class Counting:
    """Counts what the read model of cases was given. A batch that is repeated after a failure is counted again."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self.name, self.tables, self.ddl = projection.name, projection.tables, projection.ddl
        self.wants = projection.wants

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        self._projection.apply(cursor, batch)
        closed: list[tuple[UUID, datetime]] = []
        for received in batch:
            count(received.event)
            if isinstance(received.event, CaseClosed):
                closed.append((received.event.case_id, received.envelope.occurred_at))
        if closed:
            cursor.execute(OPENED, ([case_id for case_id, _ in closed],))
            opened = dict(cursor.fetchall())
            for case_id, closed_at in closed:
                CASE_DURATION.observe((closed_at - opened[case_id]).total_seconds())


def count(event: Event) -> None:
    match event:
        case OrderExecuted():
            ORDER_OUTCOMES.labels(event.outcome).inc()
        case OrderObjected():
            ORDER_OUTCOMES.labels("objected").inc()
        case ObjectionDecided():
            ORDER_OUTCOMES.labels("objection-upheld" if event.upheld else "objection-rejected").inc()
        case OrderWithdrawn():
            ORDER_OUTCOMES.labels("withdrawn").inc()
        case OrderOverdue():
            ORDER_OUTCOMES.labels("overdue").inc()
