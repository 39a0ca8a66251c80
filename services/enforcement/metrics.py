"""The metrics of enforcement: gauges read from its read models by `work`."""

from chassis.observe.metrics import gauge
from chassis.postgres.pool import Pool
from contracts.sql import Cursor
from services.enforcement.domain.order import CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT

EVERY_S = 5.0

KINDS = (CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT)
STATES = ("open", "acknowledged", "objected", "executed", "already-closed", "objection-upheld", "withdrawn")

CASES = gauge("phoihop_cases", "Cases by state", state=("open", "closed"))
OLDEST_CASE_AGE = gauge("phoihop_case_oldest_active_age_seconds", "Age of the oldest case that is open")
ORDERS = gauge("phoihop_orders", "Orders by kind and state", kind=KINDS, state=STATES)
ORDERS_OVERDUE = gauge("phoihop_orders_overdue", "Unsettled orders whose report-back instant has passed", kind=KINDS)

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
