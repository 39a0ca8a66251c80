"""The doors of the register. Paths are below /registry/v1."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from chassis.identity.api_keys import new_key
from chassis.settings import Settings
from chassis.web.routes import Page, Query, Routes, Upload
from contracts.commands.registry import (
    AttachLine,
    CloseAgent,
    IssueApiKey,
    RegisterAgent,
    RegisterProvider,
    ReportAgentList,
    RevokeApiKey,
    SignAgencyContract,
)
from contracts.refusals import Invalid, Said
from contracts.sql import Cursor
from contracts.text import Month
from law.clauses import load_law
from services.registry.domain.errors import AgentListNotFound, AgentNotFound
from services.registry.projections import agent_lists, agents, lines, providers
from services.registry.sheets.agent_list import read_agent_list
from services.registry.sheets.workbook import MAX_BYTES
from services.registry.views import (
    AgentEntered,
    AgentFilter,
    AgentListView,
    AgentView,
    ContractEntered,
    ContractView,
    KeyIssued,
    KeyRevoked,
    LineEntered,
    LineView,
    ListTaken,
    ProviderEntered,
    ProviderFilter,
    ProviderView,
)

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_LIST_SECONDS = 180.0
"""20,000 rows on a busy machine; a request that was cut off goes on with the same Idempotency-Key."""
MONTH: TypeAdapter[str] = TypeAdapter(Month)


def list_providers(cursor: Cursor, query: Query) -> Page[ProviderView]:
    rows = providers.list_providers(cursor, kind=query.filters.kind, after=_after(query), fetch=query.page.fetch)
    views = [ProviderView(**row) for row in rows]
    return Page.of(views, query.page, key=lambda view: [view.name, str(view.provider_id)])


def list_agents(cursor: Cursor, query: Query) -> Page[AgentView]:
    """An officer of a district sees that district's agents, a company those it has a contract with."""
    asked: AgentFilter = query.filters
    own_area, company = _own(query)
    if own_area is not None and asked.area not in (None, own_area):
        return Page.of([], query.page, key=_place_of)
    if company is not None and asked.provider_id not in (None, company):
        return Page.of([], query.page, key=_place_of)
    rows = agents.list_agents(
        cursor,
        area=own_area or asked.area,
        state=asked.state,
        provider_id=company or asked.provider_id,
        q=asked.q,
        after=_after(query),
        fetch=query.page.fetch,
    )
    return Page.of(_with_contracts_and_lines(cursor, rows, company), query.page, key=_place_of)


def show_agent(cursor: Cursor, query: Query) -> AgentView:
    agent_id = query.path["agent_id"]
    area, company = _own(query)
    row = agents.show_agent(cursor, agent_id, area, company)
    if row is None:
        raise AgentNotFound("No agent {agent_id} is in the register", agent_id=str(agent_id))
    return _with_contracts_and_lines(cursor, [row], company)[0]


def show_agent_list(cursor: Cursor, query: Query) -> AgentListView:
    list_id = query.path["list_id"]
    row = agent_lists.show_list(cursor, list_id, _own(query)[1])
    if row is None:
        raise AgentListNotFound("There is no list {list_id}", list_id=str(list_id))
    return AgentListView(**row)


def report_agent_list(upload: Upload) -> ReportAgentList:
    """The sheet of a company's agents for `?month=YYYY-MM`. Raises Invalid and as `sheets.agent_list`."""
    try:
        month = MONTH.validate_python(upload.fields.get("month"))
    except ValidationError:
        raise Invalid(
            "Say of which month the list is: ?month=2026-10",
            errors=[{"place": "month", "reason": Said("a month is written YYYY-MM")}],
        ) from None
    province = load_law().province(Settings("registry").scope)
    sheet = read_agent_list(upload.content, {area.code: area.name.vi for area in province.areas})
    assert upload.principal.company_id is not None
    return ReportAgentList(
        provider_id=upload.principal.company_id,
        month=month,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        rows=sheet.rows,
        problems=sheet.problems,
        duplicates=sheet.duplicates,
        telecom_column=sheet.telecom_column,
    )


def reveal_key(command_id: UUID, settings: Settings) -> dict[str, str]:
    """The key itself, made again from the command that asked for it."""
    return {"api_key": new_key(settings.secret("api-key-pepper"), command_id).text}


def _own(query: Query) -> tuple[str | None, UUID | None]:
    """What the asker may see: the area of a district's officer, the company that asks; None: everything."""
    principal = query.principal
    return (None, None) if principal is None else (principal.area, principal.company_id)


def _with_contracts_and_lines(
    cursor: Cursor, rows: Sequence[Mapping[str, Any]], company: UUID | None
) -> list[AgentView]:
    """A company sees its own contracts and lines of an agent, not those with its competitors."""
    ids = [row["agent_id"] for row in rows]

    def own(of: Sequence[Mapping[str, Any]], agent_id: UUID) -> list[Mapping[str, Any]]:
        return [one for one in of if one["agent_id"] == agent_id and company in (None, one["provider_id"])]

    contracts, attached = agents.contracts_of(cursor, ids), lines.lines_of(cursor, ids)
    return [
        AgentView(
            **row,
            contracts=tuple(ContractView(**one) for one in own(contracts, row["agent_id"])),
            lines=tuple(LineView(**one) for one in own(attached, row["agent_id"])),
        )
        for row in rows
    ]


def _place_of(view: AgentView) -> list[Any]:
    return [view.name, str(view.agent_id)]


def _after(query: Query) -> tuple[str, UUID] | None:
    if query.page.after is None:
        return None
    name, row_id = query.page.after
    return name, UUID(row_id)


routes = Routes("registry")

routes.command(
    "POST",
    "/providers",
    RegisterProvider,
    status=201,
    answers=ProviderEntered,
    summary="Enter an ISP or a telecom company",
)
routes.query(
    "GET",
    "/providers",
    list_providers,
    filters=ProviderFilter,
    answers=Page[ProviderView],
    after=True,
    who=("officer", "company"),
    summary="The registered companies, by name",
)
routes.command(
    "POST",
    "/providers/{provider_id}/api-keys",
    IssueApiKey,
    status=201,
    answers=KeyIssued,
    reveal=reveal_key,
    summary="Give a company a key for the HTTP doors",
)
routes.command(
    "POST",
    "/providers/{provider_id}/api-keys/{key_id}/revocation",
    RevokeApiKey,
    answers=KeyRevoked,
    summary="Take a key back",
)
routes.upload(
    "POST",
    "/agent-lists",
    report_agent_list,
    status=201,
    answers=ListTaken,
    who=("company",),
    limit=MAX_BYTES,
    seconds=LONGEST_LIST_SECONDS,
    documents=(SPREADSHEET,),
    summary="File the list of a company's agents for a month (?month=2026-10), an XLSX workbook",
    clause="HD-3b",
)
routes.query(
    "GET",
    "/agent-lists/{list_id}",
    show_agent_list,
    answers=AgentListView,
    after=True,
    who=("officer", "company"),
    summary="A list that was filed",
    clause="HD-3b",
)
routes.command(
    "POST",
    "/agents",
    RegisterAgent,
    status=201,
    answers=AgentEntered,
    summary="Confirm an agent that a company reported, or enter a new one",
    clause="HD-2.1b3",
)
routes.query(
    "GET",
    "/agents",
    list_agents,
    filters=AgentFilter,
    answers=Page[AgentView],
    after=True,
    who=("officer", "company"),
    summary="Agents by name, with their contracts and lines",
    clause="HD-2.1b3",
)
routes.query(
    "GET",
    "/agents/{agent_id}",
    show_agent,
    answers=AgentView,
    after=True,
    who=("officer", "company"),
    summary="An agent with its contracts and lines",
)
routes.command(
    "POST",
    "/agents/{agent_id}/agency-contracts",
    SignAgencyContract,
    status=201,
    answers=ContractEntered,
    summary="Enter an agency contract that an agent and an ISP signed",
    clause="HD-5b",
)
routes.command(
    "POST",
    "/agents/{agent_id}/lines",
    AttachLine,
    status=201,
    answers=LineEntered,
    summary="Enter a number or line that serves an agent",
    clause="HD-3c4",
)
routes.command(
    "POST",
    "/agents/{agent_id}/closure",
    CloseAgent,
    answers=AgentEntered,
    summary="Enter that an agent gave up its business",
)
