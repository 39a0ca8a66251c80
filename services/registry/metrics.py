"""The register's own gauges, read from its read models by the `work` process."""

from chassis.observe.metrics import OPEN, gauge
from chassis.postgres.pool import Pool
from law.clauses import load_law
from services.registry.projections.agents import count_agents, count_contracts
from services.registry.projections.lines import count_lines

STATES = ("reported", "registered", "closed")
CONTRACT_STATES = ("claimed", "signed", "terminated")
LINE_STATES = ("claimed", "serving", "cut")

AGENTS = gauge("phoihop_agents", "Internet agents in the register", status=STATES, district=OPEN)
CONTRACTS = gauge(
    "phoihop_contracts",
    "Agency contracts in the register; claimed: only an ISP says so, signed: an officer has seen it",
    state=CONTRACT_STATES,
)
LINES = gauge("phoihop_lines", "Lines and phone numbers of agents; claimed: only an ISP says so", state=LINE_STATES)


class Measures:
    """Sets the gauges; a state, or a pair of state and district, that nothing stands in shows 0."""

    def __init__(self, pool: Pool, scope: str) -> None:
        self._pool = pool
        self._areas = [area.code for area in load_law().province(scope).areas]

    def run_once(self) -> int:
        with self._pool.transaction(read_only=True) as cursor:
            agents = {(state, area): count for state, area, count in count_agents(cursor)}
            contracts, lines = count_contracts(cursor), count_lines(cursor)
        for area in self._areas:
            for state in STATES:
                AGENTS.labels(state, area).set(agents.get((state, area), 0))
        for state in CONTRACT_STATES:
            CONTRACTS.labels(state).set(contracts.get(state, 0))
        for state in LINE_STATES:
            LINES.labels(state).set(lines.get(state, 0))
        return 0

    def close(self) -> None:
        self._pool.close()
