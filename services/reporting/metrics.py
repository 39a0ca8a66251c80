"""The metrics of reporting, beside those every service has."""

from dataclasses import dataclass
from datetime import date

from chassis.observe.metrics import gauge, histogram
from chassis.postgres.pool import Pool
from chassis.timers.clocks import CLOCKS, Clocks
from contracts.sql import Cursor
from law.clauses import Law
from services.reporting.domain.duty import expected
from services.reporting.projections import followup

STATES = ("assigned", "reported", "overdue")
REPORTS = ("summary",)

DUTIES = gauge("phoihop_duties", "Duties of all holders by state", state=STATES)
GENERATION = histogram(
    "phoihop_report_generation_seconds",
    "Time to make a report",
    on="http",
    report=REPORTS,
    format=("json", "html"),
)
LAST_SUCCESS = gauge(
    "phoihop_report_last_success_timestamp_seconds", "When a report was last made; 0: never", report=REPORTS
)

LAST_SUMMARY = "select coalesce(extract(epoch from max(as_of)), 0) from summary"


@dataclass(frozen=True)
class Measures:
    """Sets the gauges; they belong to `work`."""

    pool: Pool
    law: Law
    scope: str
    clocks: Clocks = CLOCKS

    def run_once(self) -> int:
        with self.pool.transaction(read_only=True) as cursor:
            refresh(cursor, self.law, self.scope, self.clocks.calendar.today(self.clocks.wall.now(cursor)))
        return 0


def refresh(cursor: Cursor, law: Law, scope: str, today: date) -> None:
    """Every series, 0 where there is none. `cursor` reads the live read models."""
    periods = expected(law, scope, today)
    cursor.execute(followup.DUTY_STATES, followup.states_of(periods, law.hidden_from(None)))
    found = dict(cursor.fetchall())
    for state in STATES:
        DUTIES.labels(state).set(found.get(state, 0))
    cursor.execute(LAST_SUMMARY)
    row = cursor.fetchone()
    LAST_SUCCESS.labels("summary").set(float(row[0]) if row else 0)
