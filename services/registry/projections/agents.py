"""Agents with their contracts and claimed lines, as lists and officers see them.

What companies report and what officers confirmed stand in columns of their own; the confirmed one is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
)
from contracts.sql import Cursor, Rows

REPORTED = (
    "reported_name",
    "reported_owner",
    "reported_certificate",
    "reported_address",
    "reported_area",
    "reported_by",
    "reported_month",
)
CONFIRMED = (
    "confirmed_name",
    "confirmed_owner",
    "confirmed_certificate",
    "confirmed_address",
    "confirmed_area",
    "holder_kind",
    "closed_on",
)
CONTRACT = ("provider_id", "number", "claimed_month", "claimed_on", "signed_on", "terminated_on", "order_id")
LINE = ("kind", "number", "provider_id", "telecom", "claimed_month")


class Agents:
    name = "agents"
    tables = ("agent", "agency_contract", "claimed_line")
    wants: tuple[type[Event], ...] = (
        AgentReportedByIsp,
        AgentRegistered,
        AgencyContractSigned,
        ContractTerminated,
        AgentClosed,
    )
    ddl = """
        create table agent (
            agent_id uuid primary key, version int not null,
            reported_name text, reported_owner text, reported_certificate text, reported_address text,
            reported_area text, reported_by uuid, reported_month text,
            confirmed_name text, confirmed_owner text, confirmed_certificate text, confirmed_address text,
            confirmed_area text, holder_kind text, closed_on date,
            name text generated always as (coalesce(confirmed_name, reported_name)) stored,
            area text generated always as (coalesce(confirmed_area, reported_area)) stored,
            state text generated always as (
                case when closed_on is not null then 'closed' when confirmed_name is not null then 'registered'
                     else 'reported' end
            ) stored,
            search text generated always as (
                public.plain(
                    coalesce(confirmed_name, reported_name, '') || ' ' ||
                    coalesce(confirmed_owner, reported_owner, '') || ' ' ||
                    coalesce(confirmed_address, reported_address, '') || ' ' ||
                    coalesce(confirmed_certificate, reported_certificate, '')
                )
            ) stored
        );
        create index agent_by_name on agent (name collate "vi-x-icu", agent_id);
        create index agent_by_area on agent (area, state);
        create index agent_search on agent using gin (search public.gin_trgm_ops);
        create table agency_contract (
            agent_id uuid, contract_id uuid, version int not null, provider_id uuid, number text, claimed_month text,
            claimed_on date, signed_on date, terminated_on date, order_id uuid, primary key (agent_id, contract_id)
        );
        create index agency_contract_of_provider on agency_contract (provider_id, agent_id);
        create table claimed_line (
            agent_id uuid, line_id uuid, version int not null, kind text, number text, provider_id uuid, telecom text,
            claimed_month text, primary key (agent_id, line_id)
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        agents = Rows("agent", ("agent_id",), (*REPORTED, *CONFIRMED))
        contracts = Rows("agency_contract", ("agent_id", "contract_id"), CONTRACT)
        lines = Rows("claimed_line", ("agent_id", "line_id"), LINE)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case AgentReportedByIsp():
                    agents.put((event.agent_id,), version, **_reported(event))
                    contracts.put(
                        (event.agent_id, event.contract_id),
                        version,
                        provider_id=event.provider_id,
                        number=event.contract_number,
                        claimed_month=event.month,
                        claimed_on=event.contract_signed_on,
                    )
                    for line in event.lines:
                        lines.put(
                            (event.agent_id, line.line_id),
                            version,
                            kind=line.kind,
                            number=line.number,
                            provider_id=event.provider_id,
                            telecom=line.telecom,
                            claimed_month=event.month,
                        )
                case AgentRegistered():
                    agents.put((event.agent_id,), version, **_confirmed(event))
                case AgencyContractSigned():
                    contracts.put(
                        (event.agent_id, event.contract_id),
                        version,
                        provider_id=event.provider_id,
                        number=event.number,
                        signed_on=event.signed_on,
                    )
                case ContractTerminated():
                    contracts.put(
                        (event.agent_id, event.contract_id),
                        version,
                        provider_id=event.provider_id,
                        terminated_on=event.terminated_on,
                        order_id=event.order_id,
                    )
                case AgentClosed():
                    agents.put((event.agent_id,), version, closed_on=event.closed_on)
        for rows in (agents, contracts, lines):
            rows.write(cursor)


def _reported(event: AgentReportedByIsp) -> dict[str, Any]:
    return {
        "reported_name": event.name,
        "reported_owner": event.owner_name,
        "reported_certificate": event.business_certificate_number,
        "reported_address": event.address,
        "reported_area": event.area,
        "reported_by": event.provider_id,
        "reported_month": event.month,
    }


def _confirmed(event: AgentRegistered) -> dict[str, Any]:
    return {
        "confirmed_name": event.name,
        "confirmed_owner": event.owner_name,
        "confirmed_certificate": event.business_certificate_number,
        "confirmed_address": event.address,
        "confirmed_area": event.area,
        "holder_kind": event.holder_kind,
    }


AGENT_FIELDS = (
    "agent_id",
    "version",
    "state",
    "name",
    "owner_name",
    "holder_kind",
    "business_certificate_number",
    "address",
    "area",
    "reported_by",
    "reported_month",
    "closed_on",
)
SELECT_AGENTS = """
    select agent_id, version, state, name, coalesce(confirmed_owner, reported_owner), holder_kind,
           coalesce(confirmed_certificate, reported_certificate), coalesce(confirmed_address, reported_address), area,
           reported_by, reported_month, closed_on
    from agent a
"""
LIST_AGENTS = (
    SELECT_AGENTS
    + """
    where (%(area)s::text is null or a.area = %(area)s)
      and (%(state)s::text is null or a.state = %(state)s)
      and (%(provider_id)s::uuid is null
           or exists (select from agency_contract c where c.provider_id = %(provider_id)s and c.agent_id = a.agent_id))
      and a.search like all (select '%%' || public.plain(word) || '%%' from unnest(%(words)s::text[]) word)
      and (%(after_id)s::uuid is null
           or (a.name collate "vi-x-icu", a.agent_id) > (%(after_name)s::text collate "vi-x-icu", %(after_id)s::uuid))
    order by a.name collate "vi-x-icu", a.agent_id
    limit %(fetch)s
"""
)
SHOW_AGENT = (
    SELECT_AGENTS
    + """
    where a.agent_id = %(agent_id)s
      and (%(area)s::text is null or a.area = %(area)s)
      and (%(provider_id)s::uuid is null
           or exists (select from agency_contract c where c.provider_id = %(provider_id)s and c.agent_id = a.agent_id))
"""
)

CONTRACT_FIELDS = (
    "agent_id",
    "contract_id",
    "provider_id",
    "number",
    "state",
    "signed_on",
    "claimed_month",
    "terminated_on",
    "order_id",
)
CONTRACT_STATE = """
    case when terminated_on is not null then 'terminated' when signed_on is not null then 'signed' else 'claimed' end
"""
CONTRACTS_OF = f"""
    select agent_id, contract_id, provider_id, number, {CONTRACT_STATE},
           coalesce(signed_on, claimed_on), claimed_month, terminated_on, order_id
    from agency_contract
    where agent_id = any(%s::uuid[])
    order by agent_id, number collate "vi-x-icu", contract_id
"""

COUNT_AGENTS = "select state, area, count(*) from agent group by state, area"
COUNT_CONTRACTS = f"select {CONTRACT_STATE}, count(*) from agency_contract group by 1"

LIKE_SIGNS = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def list_agents(
    cursor: Cursor,
    *,
    area: str | None,
    state: str | None,
    provider_id: UUID | None,
    q: str,
    after: tuple[str, UUID] | None,
    fetch: int,
) -> list[dict[str, Any]]:
    """Up to `fetch` agents in Vietnamese order of their names; each word of `q` must stand in what names an agent."""
    name, agent_id = after or (None, None)
    words = [word.translate(LIKE_SIGNS) for word in q.split()]
    asked = {"area": area, "state": state, "provider_id": provider_id, "words": words, "fetch": fetch}
    cursor.execute(LIST_AGENTS, asked | {"after_name": name, "after_id": agent_id})
    return _named(AGENT_FIELDS, cursor.fetchall())


def show_agent(cursor: Cursor, agent_id: UUID, area: str | None, provider_id: UUID | None) -> dict[str, Any] | None:
    """The agent, if it lies in `area` and has a contract with `provider_id`, where these are given."""
    cursor.execute(SHOW_AGENT, {"agent_id": agent_id, "area": area, "provider_id": provider_id})
    return next(iter(_named(AGENT_FIELDS, cursor.fetchall())), None)


def contracts_of(cursor: Cursor, agent_ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    cursor.execute(CONTRACTS_OF, (list(agent_ids),))
    return list(_named(CONTRACT_FIELDS, cursor.fetchall()))


def count_agents(cursor: Cursor) -> list[tuple[str, str, int]]:
    """(state, area, how many), for each pair that there is."""
    cursor.execute(COUNT_AGENTS)
    return [(state, area, count) for state, area, count in cursor.fetchall()]


def count_contracts(cursor: Cursor) -> dict[str, int]:
    """State → how many, for each state that there is."""
    cursor.execute(COUNT_CONTRACTS)
    return dict(cursor.fetchall())


def _named(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]
