"""The register's own gauge, read from its read model by the `work` process."""

from chassis.observe.metrics import OPEN, gauge
from contracts.sql import Cursor
from law.clauses import load_law
from services.registry.projections.agents import count_agents

STATES = ("reported", "registered", "closed")

AGENTS = gauge("phoihop_agents", "Internet agents in the register", on="work", status=STATES, district=OPEN)


def refresh(cursor: Cursor, scope: str) -> None:
    """Sets every series, 0 where there is none; `cursor` reads the live read models."""
    counted = {(state, area): count for state, area, count in count_agents(cursor)}
    for area in load_law().province(scope).areas:
        for state in STATES:
            AGENTS.labels(state, area.code).set(counted.get((state, area.code), 0))
