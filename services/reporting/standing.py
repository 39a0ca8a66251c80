"""What stands now, in one summary (báo cáo tổng hợp): totals over the read models, with how far they had read."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from law.clauses import Law
from services.reporting.domain.duty import expected
from services.reporting.projections import enforcement, followup, register
from services.reporting.views import (
    AgentsOfArea,
    Cases,
    DutiesOfState,
    OrdersOfKind,
    Summary,
    ViolationsOfKind,
)

Ask = Callable[[str, Any], list[tuple[Any, ...]]]
"""Runs a query and answers its rows: a handler's `context.query`."""

SAMPLE_MARK = "(mẫu)"
"""Stands in the name of everything that the generator of samples makes."""

POSITIONS = """
    select split_part(w.topic, '.', 1), max(w.position)
    from public.watermark w join public.consumer_version v on w.consumer = v.consumer || '@' || v.live_version
    where v.consumer = 'reporting.views' group by 1 order by 1
"""
SAMPLE = "select exists (select from provider where strpos(name, %s) > 0)"


def summary(ask: Ask, law: Law, scope: str, now: datetime, today: date) -> Summary:
    """Read in one transaction, so that its totals and positions belong together as far as each was committed."""
    province = law.province(scope)
    areas = {area.code: area.name.vi for area in province.areas}
    orders = [OrdersOfKind(kind=kind, outcome=outcome, orders=n) for kind, outcome, n in ask(enforcement.ORDERS, None)]
    cases: dict[str, int] = dict(ask(enforcement.CASES, None))
    return Summary(
        scope=scope,
        province=province.name.vi,
        as_of=now.astimezone(law.calendar.zone),
        positions=dict(ask(POSITIONS, None)),
        sample=ask(SAMPLE, (SAMPLE_MARK,))[0][0],
        agents=[
            AgentsOfArea(area=area, area_name=areas.get(area, area), state=state, agents=n)
            for area, state, n in ask(register.AGENTS, None)
        ],
        contracts=dict(ask(register.CONTRACTS, None)),
        lines=dict(ask(register.LINES, None)),
        violations=[
            ViolationsOfKind(provision=provision, empowered_by=empowered_by, category=category, violations=n)
            for provision, empowered_by, category, n in ask(enforcement.VIOLATIONS, None)
        ],
        orders=orders,
        orders_overdue=sum(row.orders for row in orders if row.outcome == "overdue"),
        cases=Cases(open=cases.get("open", 0), closed=cases.get("closed", 0)),
        duties=[
            DutiesOfState(state=state, duties=n)
            for state, n in ask(
                followup.DUTY_STATES, followup.states_of(expected(law, scope, today), law.hidden_from(None))
            )
        ],
    )
