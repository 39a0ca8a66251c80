"""The register's own gauge, read from its read model by the `work` process."""

from chassis.observe.metrics import OPEN, gauge
from chassis.postgres.pool import Pool
from law.clauses import load_law
from services.registry.projections.agents import count_agents

STATES = ("reported", "registered", "closed")

AGENTS = gauge("phoihop_agents", "Internet agents in the register", on="work", status=STATES, district=OPEN)


class AgentGauge:
    """Reads how many agents stand in which state in which district; a pair without agents shows 0."""

    def __init__(self, pool: Pool, scope: str) -> None:
        self._pool = pool
        self._areas = [area.code for area in load_law().province(scope).areas]

    def run_once(self) -> int:
        with self._pool.transaction(read_only=True) as cursor:
            counted = {(state, area): count for state, area, count in count_agents(cursor)}
        for area in self._areas:
            for state in STATES:
                AGENTS.labels(state, area).set(counted.get((state, area), 0))
        return 0

    def close(self) -> None:
        self._pool.close()
