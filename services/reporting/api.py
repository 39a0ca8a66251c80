"""The doors of reporting: summaries, duties, filings, clauses, and the facts themselves. Mostly to read."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.web.routes import JSON, Document, Page, Query, Routes
from contracts.commands.reporting import CompileSummary
from contracts.sql import Cursor
from law.clauses import Unknown, load_law
from services.reporting.domain.duty import expected
from services.reporting.domain.errors import UnknownCase, UnknownClause, UnknownSummary
from services.reporting.domain.instrument import code_of
from services.reporting.domain.telling import said
from services.reporting.names import names
from services.reporting.pages import TITLE, page
from services.reporting.projections import facts, followup
from services.reporting.standing import summary
from services.reporting.views import (
    ClauseView,
    DutyFilter,
    DutyView,
    FactFilter,
    FactView,
    FilingFilter,
    FilingView,
    HolderView,
    Instruments,
    InstrumentView,
    Summary,
    SummaryMade,
    SummaryView,
    Timeline,
    ToldFact,
)

HTML = "text/html"
FACTS = "reporting.facts"
EVERY_DUTY_OF_A_CLAUSE = 10_000


def show_standing(cursor: Cursor, query: Query) -> Summary | Document:
    """What stands now; nothing is kept of it."""

    def ask(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
        cursor.execute(sql, parameters)
        return cursor.fetchall()

    standing = summary(ask, load_law(), query.scope, query.now, query.today)
    if query.media_type != HTML:
        return standing
    return Document(HTML, page(TITLE, standing.model_dump(mode="json"), load_law()))


def list_summaries(cursor: Cursor, query: Query) -> Page[SummaryView]:
    rows = [SummaryView(**row) for row in followup.summaries(cursor, query.page.after, query.page.fetch)]
    return Page.of(rows, query.page, key=lambda row: [row.as_of.isoformat(), str(row.summary_id)])


def show_summary(cursor: Cursor, query: Query) -> Document:
    """The JSON text byte for byte as it was kept and hashed, or the page made of it."""
    found = followup.summary(cursor, query.path["summary_id"])
    if found is None:
        raise UnknownSummary("there is no summary {summary_id}", summary_id=query.path["summary_id"])
    if query.media_type != HTML:
        return Document(JSON, found.content.encode())
    return Document(HTML, page(found.title, json.loads(found.content), load_law(), found.sha256))


def list_duties(cursor: Cursor, query: Query) -> Page[DutyView]:
    narrow: DutyFilter = query.filters
    after = query.page.after[0] if query.page.after else None
    rows = _duties(cursor, query, narrow, after, query.page.fetch)
    return Page.of(rows, query.page, key=lambda row: [row.key])


def list_filings(cursor: Cursor, query: Query) -> Page[FilingView]:
    """A company sees its own."""
    narrow: FilingFilter = query.filters
    company = query.principal.company_id if query.principal is not None else None
    found = followup.filings(cursor, company or narrow.provider_id, narrow.month, query.page.after, query.page.fetch)
    rows = [FilingView(**row) for row in found]
    return Page.of(rows, query.page, key=lambda row: [row.month, str(row.provider_id), row.part])


def show_clause(cursor: Cursor, query: Query) -> ClauseView:
    law, clause_id = load_law(), query.path["clause"]
    try:
        clause = law.clause(clause_id)
    except Unknown:
        raise UnknownClause("no clause '{clause_id}' is loaded", clause_id=clause_id[:40]) from None
    return ClauseView(
        clause=clause.id,
        instrument_id=code_of(law.instrument_of(clause.id)),
        place=clause.place,
        text=clause.text,
        gloss=clause.gloss,
        kind=clause.kind,
        holders=[
            HolderView(
                body=holder.agency,
                name=law.bodies[holder.agency].name,
                role=holder.role,
                kind=holder.kind,
                verb=holder.verb,
                partners=list(holder.partners),
            )
            for holder in clause.holders
        ],
        fulfilled_by=list(clause.fulfilled_by),
        recorded_by=list(clause.recorded_by),
        services=list(clause.services),
        cadence=clause.cadence,
        requested=clause.requested,
        note=clause.note,
        duties=_duties(cursor, query, DutyFilter(clause=clause.id), None, EVERY_DUTY_OF_A_CLAUSE),
    )


def list_instruments(cursor: Cursor, query: Query) -> Instruments:  # noqa: ARG001 - the form they all have
    return Instruments(items=[InstrumentView(**row) for row in followup.instruments(cursor)])


def list_facts(cursor: Cursor, query: Query) -> Page[FactView]:
    """In the order in which they became known. An officer of a district sees those that name that district."""
    where = query.filters.model_dump() | {"area": query.principal.area if query.principal is not None else None}
    rows = [FactView(**row) for row in facts.listed(cursor, where, query.page.after, query.page.fetch)]
    return Page.of(rows, query.page, key=lambda row: [row.sequenced_at.isoformat(), row.source, row.position])


def show_timeline(cursor: Cursor, query: Query) -> Timeline:
    """Every fact of a case over all services, each with a line in plain words."""
    case_id: UUID = query.path["case_id"]
    found = facts.of_case(cursor, case_id)
    if not found:
        raise UnknownCase("there is no case {case_id}", case_id=case_id)
    known = names(cursor, load_law(), query.scope)
    told = [ToldFact(**fact, said=said(fact["type"], fact["data"], known.of)) for fact in found]
    return Timeline(case_id=case_id, facts=told)


def _duties(cursor: Cursor, query: Query, narrow: DutyFilter, after: str | None, fetch: int) -> Sequence[DutyView]:
    law = load_law()
    periods = expected(law, query.scope, query.today)
    asker = query.principal.agency if query.principal is not None else None
    rows = followup.duties(cursor, periods, law.hidden_from(asker), narrow.model_dump(), after, fetch)
    known = names(cursor, law, query.scope)
    return [
        DutyView(**row, holder_name=known.of(row["holder"]), requested=law.clause(row["clause"]).requested)
        for row in rows
    ]


routes = Routes("reporting")

routes.query(
    "GET",
    "/summary",
    show_standing,
    answers=Summary,
    documents=(HTML,),
    after=True,
    summary="What stands now, with how far each service's log had been read",
)
routes.command(
    "POST",
    "/summaries",
    CompileSummary,
    status=201,
    answers=SummaryMade,
    summary="Make a summary of what stands now, and keep it",
    clause="HD-7",
)
routes.query(
    "GET",
    "/summaries",
    list_summaries,
    answers=Page[SummaryView],
    after=True,
    summary="Summaries that were kept, the latest first",
)
routes.query(
    "GET",
    "/summaries/{summary_id}",
    show_summary,
    documents=(JSON, HTML),
    after=True,
    summary="A summary, byte for byte as it was kept",
)
routes.query(
    "GET",
    "/duties",
    list_duties,
    filters=DutyFilter,
    answers=Page[DutyView],
    after=True,
    summary="Who owes what by which clause, and how it stands",
    clause="HD-7",
)
routes.query(
    "GET",
    "/filings",
    list_filings,
    filters=FilingFilter,
    answers=Page[FilingView],
    after=True,
    who=("officer", "company"),
    summary="What companies filed, the latest month first; a company sees its own",
    clause="HD-3b",
)
routes.query(
    "GET",
    "/clauses/{clause}",
    show_clause,
    answers=ClauseView,
    after=True,
    summary="A clause: its text, who holds it, what fulfils it, and its duties",
)
routes.query(
    "GET", "/instruments", list_instruments, answers=Instruments, after=True, summary="Instruments in force here"
)
routes.query(
    "GET",
    "/facts",
    list_facts,
    filters=FactFilter,
    answers=Page[FactView],
    after=FACTS,
    summary="Facts of every service, in the order in which they became known",
)
routes.query(
    "GET",
    "/cases/{case_id}/timeline",
    show_timeline,
    answers=Timeline,
    after=FACTS,
    summary="Everything that belongs to a case, over all services",
)
