"""The register as reporting counts it: companies, agents, agency contracts, lines.

What a company claims and what an officer confirmed are columns of their own, or tables of their own where they are
facts of different streams; which counts is decided when it is read.
"""

from collections.abc import Sequence

from contracts.envelope import Event, Received
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    LineAttached,
    LineCut,
    LineRestored,
    ProviderRegistered,
)
from contracts.sql import Cursor, Rows


class Register:
    name = "register"
    tables = ("provider", "agent", "contract", "claimed_line", "line")
    wants: tuple[type[Event], ...] = (
        ProviderRegistered,
        AgentReportedByIsp,
        AgentRegistered,
        AgentClosed,
        AgencyContractSigned,
        ContractTerminated,
        LineAttached,
        LineCut,
        LineRestored,
    )
    ddl = """
        create table provider (
            provider_id uuid primary key, version int not null, code text, name text, kinds text[]
        );
        create table agent (
            agent_id uuid primary key, version int not null, claimed_area text, area text, registered boolean,
            closed boolean
        );
        create table contract (
            agent_id uuid, contract_id uuid, version int not null, signed boolean, terminated boolean,
            primary key (agent_id, contract_id)
        );
        create table claimed_line (
            agent_id uuid, line_id uuid, version int not null, provider_id uuid, primary key (agent_id, line_id)
        );
        create index claimed_line_id on claimed_line (line_id);
        create table line (line_id uuid primary key, version int not null, is_cut boolean);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        providers = Rows("provider", ("provider_id",), ("code", "name", "kinds"))
        agents = Rows("agent", ("agent_id",), ("claimed_area", "area", "registered", "closed"))
        contracts = Rows("contract", ("agent_id", "contract_id"), ("signed", "terminated"))
        claimed_lines = Rows("claimed_line", ("agent_id", "line_id"), ("provider_id",))
        lines = Rows("line", ("line_id",), ("is_cut",))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case ProviderRegistered():
                    providers.put(
                        (event.provider_id,), version, code=event.code, name=event.name, kinds=list(event.kinds)
                    )
                case AgentReportedByIsp():
                    agents.put((event.agent_id,), version, claimed_area=event.area)
                    contracts.put((event.agent_id, event.contract_id), version)
                    for line in event.lines:
                        claimed_lines.put((event.agent_id, line.line_id), version, provider_id=event.provider_id)
                case AgentRegistered():
                    agents.put((event.agent_id,), version, area=event.area, registered=True)
                case AgentClosed():
                    agents.put((event.agent_id,), version, closed=True)
                case AgencyContractSigned():
                    contracts.put((event.agent_id, event.contract_id), version, signed=True)
                case ContractTerminated():
                    contracts.put((event.agent_id, event.contract_id), version, terminated=True)
                case LineAttached():
                    lines.put((event.line_id,), version, is_cut=False)
                case LineCut() | LineRestored():
                    lines.put((event.line_id,), version, is_cut=isinstance(event, LineCut))
        for rows in (providers, agents, contracts, claimed_lines, lines):
            rows.write(cursor)


PROVIDERS = "select provider_id, kinds from provider order by provider_id"

AGENTS = """
    select coalesce(area, claimed_area),
           case when closed then 'closed' when registered then 'registered' else 'reported' end as state, count(*)
    from agent group by 1, 2 order by 1, 2
"""
CONTRACTS = """
    select case when terminated then 'terminated' when signed then 'signed' else 'reported' end as state, count(*)
    from contract group by 1 order by 1
"""
LINES = """
    select case when is_cut then 'cut' else 'in-use' end as state, count(*) from line group by 1
    union all
    select 'reported', count(distinct line_id) from claimed_line c
    where not exists (select from line l where l.line_id = c.line_id) having count(*) > 0
    order by 1
"""
