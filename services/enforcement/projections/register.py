"""What enforcement must know of the register to address a demand: companies, agents, their contracts and lines.

A company's claim and an officer's entry are rows of different streams: they stand in tables of their own and meet when
read. A contract or line that is only claimed can be the target of an order too (requirements §2.12).
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import (
    AgencyContractSigned,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    LineAttached,
    LineCut,
    LineRestored,
    ProviderRegistered,
)
from contracts.sql import Cursor, Rows
from services.enforcement.domain.round import Party, Target


class Register:
    name = "register"
    tables = ("company", "agent", "contract", "claimed_line", "line")
    wants: tuple[type[Event], ...] = (
        ProviderRegistered,
        AgentReportedByIsp,
        AgentRegistered,
        AgencyContractSigned,
        ContractTerminated,
        LineAttached,
        LineCut,
        LineRestored,
    )
    ddl = """
        create table company (provider_id uuid primary key, version int not null, code text, name text);
        create index company_code on company (code);
        create table agent (agent_id uuid primary key, version int not null, name text, address text, area text);
        create table contract (
            contract_id uuid primary key, version int not null, agent_id uuid, provider_id uuid, number text,
            terminated_on date
        );
        create index contract_in_force on contract (agent_id) where terminated_on is null;
        create table claimed_line (
            agent_id uuid, line_id uuid, version int not null, provider_id uuid, number text, telecom text,
            primary key (agent_id, line_id)
        );
        create table line (
            line_id uuid primary key, version int not null, agent_id uuid, provider_id uuid, telecom_id uuid,
            number text, is_cut boolean
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        companies = Rows("company", ("provider_id",), ("code", "name"))
        agents = Rows("agent", ("agent_id",), ("name", "address", "area"))
        contracts = Rows("contract", ("contract_id",), ("agent_id", "provider_id", "number", "terminated_on"))
        claimed_lines = Rows("claimed_line", ("agent_id", "line_id"), ("provider_id", "number", "telecom"))
        lines = Rows("line", ("line_id",), ("agent_id", "provider_id", "telecom_id", "number", "is_cut"))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case ProviderRegistered():
                    companies.put((event.provider_id,), version, code=event.code, name=event.name)
                case AgentReportedByIsp():
                    agents.put((event.agent_id,), version, name=event.name, address=event.address, area=event.area)
                    contracts.put(
                        (event.contract_id,),
                        version,
                        agent_id=event.agent_id,
                        provider_id=event.provider_id,
                        number=event.contract_number,
                    )
                    for line in event.lines:
                        claimed_lines.put(
                            (event.agent_id, line.line_id),
                            version,
                            provider_id=event.provider_id,
                            number=line.number,
                            telecom=line.telecom,
                        )
                case AgentRegistered():
                    agents.put((event.agent_id,), version, name=event.name, address=event.address, area=event.area)
                case AgencyContractSigned():
                    contracts.put(
                        (event.contract_id,),
                        version,
                        agent_id=event.agent_id,
                        provider_id=event.provider_id,
                        number=event.number,
                    )
                case ContractTerminated():
                    contracts.put(
                        (event.contract_id,),
                        version,
                        agent_id=event.agent_id,
                        provider_id=event.provider_id,
                        terminated_on=event.terminated_on,
                    )
                case LineAttached():
                    lines.put(
                        (event.line_id,),
                        version,
                        agent_id=event.agent_id,
                        provider_id=event.provider_id,
                        telecom_id=event.telecom_id,
                        number=event.number,
                        is_cut=False,
                    )
                case LineCut() | LineRestored():
                    lines.put((event.line_id,), version, agent_id=event.agent_id, is_cut=isinstance(event, LineCut))
        for rows in (companies, agents, contracts, claimed_lines, lines):
            rows.write(cursor)


CONTRACTS_OF_AGENTS = """
    select c.agent_id, c.contract_id, c.number, a.name, a.address, a.area, p.provider_id, p.name
    from contract c join agent a using (agent_id) join company p using (provider_id)
    where c.agent_id = any(%s::uuid[]) and c.terminated_on is null
    order by c.agent_id, c.contract_id
"""

LINES_OF_AGENT = """
    with known as (
        select coalesce(l.line_id, c.line_id) as line_id, coalesce(l.number, c.number) as number,
               coalesce(l.provider_id, c.provider_id) as provider_id,
               coalesce(l.telecom_id, t.provider_id) as telecom_id, coalesce(l.is_cut, false) as is_cut
        from (select * from claimed_line where agent_id = %(agent_id)s) c
        full join (select * from line where agent_id = %(agent_id)s) l on l.line_id = c.line_id
        left join company t on t.code = c.telecom
    )
    select k.line_id, k.number, a.name, a.address, a.area, i.provider_id, i.name, o.provider_id, o.name
    from known k
    join agent a on a.agent_id = %(agent_id)s
    join company i on i.provider_id = k.provider_id
    join company o on o.provider_id = k.telecom_id
    where k.line_id = any(%(line_ids)s::uuid[]) and not k.is_cut
    order by k.line_id
"""


Ask = Callable[[str, Any], list[tuple[Any, ...]]]
"""Runs a query and answers its rows: a handler's `context.query`."""


def contracts_of(ask: Ask, agent_ids: Sequence[UUID]) -> list[tuple[Target, Party]]:
    """Every contract in force of these agents, claimed or confirmed, with the company that is party to it."""
    return [
        (Target(agent_id, agent, address, area, contract_id=contract_id, number=number), Party(provider_id, company))
        for agent_id, contract_id, number, agent, address, area, provider_id, company in ask(
            CONTRACTS_OF_AGENTS, (list(agent_ids),)
        )
    ]


def lines_of(ask: Ask, agent_id: UUID, line_ids: Sequence[UUID]) -> list[tuple[Target, Party, Party]]:
    """Lines of this agent that are not cut, each with the ISP that uses it and the telecom company that owns it."""
    return [
        (
            Target(agent_id, agent, address, area, line_id=line_id, number=number),
            Party(isp, isp_name),
            Party(tel, owner),
        )
        for line_id, number, agent, address, area, isp, isp_name, tel, owner in ask(
            LINES_OF_AGENT, {"agent_id": agent_id, "line_ids": list(line_ids)}
        )
    ]
