"""The reporting regime's own lists: instruments, duties, filings, summaries.

A duty is overdue while a period of its clause is over and past its deadline without a report for it; periods before its
assignment do not count. Which periods those are is said by `domain.duty.expected`; here it is asked of the rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.envelope import Event, Received
from contracts.events.reporting import (
    DutyAssigned,
    DutyReported,
    FilingSubmitted,
    InstrumentRegistered,
    SummaryCompiled,
)
from contracts.sql import Cursor, Rows
from services.reporting.domain.duty import Expected

LEGAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
INSTRUMENT = ("instrument_id", "title", "issuer", "number", "valid_from", "clauses", "registered_at")
FILING = ("filing_id", "part", "provider_id", "month", "list_id", "good", "bad", "received_at")
SUMMARY = ("summary_id", "title", "as_of", "sha256")


class FollowUp:
    name = "followup"
    tables = ("instrument", "duty", "duty_report", "filing", "summary")
    wants: tuple[type[Event], ...] = (
        InstrumentRegistered,
        DutyAssigned,
        DutyReported,
        FilingSubmitted,
        SummaryCompiled,
    )
    ddl = """
        create table instrument (
            instrument_id text primary key, version int not null, title text, issuer text, number text,
            valid_from date, clauses int, registered_at timestamptz
        );
        create table duty (
            duty_id uuid primary key, version int not null, duty_key text, instrument_id text, clause text, holder text,
            role text, assigned_month text
        );
        create unique index duty_by_key on duty (duty_key collate "C");
        create index duty_holder on duty (holder);
        create index duty_clause on duty (clause);
        create table duty_report (
            duty_id uuid, month text, version int not null, done_on date, evidence_type text, evidence_id uuid,
            primary key (duty_id, month)
        );
        create table filing (
            filing_id uuid, part text, version int not null, provider_id uuid, month text, list_id uuid, good int,
            bad int, received_at timestamptz, primary key (filing_id, part)
        );
        create table summary (
            summary_id uuid primary key, version int not null, title text, as_of timestamptz, sha256 text,
            content text
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        instruments = Rows("instrument", ("instrument_id",), INSTRUMENT[1:])
        duties = Rows("duty", ("duty_id",), ("duty_key", "instrument_id", "clause", "holder", "role", "assigned_month"))
        reports = Rows("duty_report", ("duty_id", "month"), ("done_on", "evidence_type", "evidence_id"))
        filings = Rows("filing", ("filing_id", "part"), FILING[2:])
        summaries = Rows("summary", ("summary_id",), (*SUMMARY[1:], "content"))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            happened = received.envelope.occurred_at
            members = event.model_dump()
            match event:
                case InstrumentRegistered():
                    members["registered_at"] = happened
                    instruments.put((members.pop("instrument_id"),), version, **members)
                case DutyAssigned():
                    members["assigned_month"] = f"{happened.astimezone(LEGAL_TIME):%Y-%m}"
                    members["duty_key"] = members.pop("key")
                    duties.put((members.pop("duty_id"),), version, **members)
                case DutyReported():
                    reports.put(
                        (event.duty_id, event.month),
                        version,
                        done_on=event.done_on,
                        evidence_type=event.evidence_type,
                        evidence_id=event.evidence_id,
                    )
                case FilingSubmitted():
                    key = (members.pop("filing_id"), members.pop("part"))
                    filings.put(key, version, received_at=happened, **members)
                case SummaryCompiled():
                    summaries.put((members.pop("summary_id"),), version, **members)
        for rows in (instruments, duties, reports, filings, summaries):
            rows.write(cursor)


DUTY = ("duty_id", "key", "instrument_id", "clause", "holder", "role", "state", "last_month", "last_done_on")

STATES = """
    with expected (clause, first_month, last_month) as (
        select * from unnest(%(clauses)s::text[], %(first_months)s::text[], %(last_months)s::text[])
    ), follow_up as (
        select d.duty_id, d.duty_key collate "C" as key, d.instrument_id, d.clause, d.holder, d.role,
               case when exists (
                        select from expected e
                        where e.clause = d.clause and d.assigned_month <= e.last_month and not exists (
                            select from duty_report r
                            where r.duty_id = d.duty_id and r.month between e.first_month and e.last_month))
                    then 'overdue' when last.month is not null then 'reported' else 'assigned' end as state,
               last.month as last_month, last.done_on as last_done_on, p.name as company
        from duty d
        left join lateral (
            select month, done_on from duty_report r where r.duty_id = d.duty_id order by month desc limit 1
        ) last on true
        left join provider p on p.provider_id::text = d.holder
        where d.clause <> all(%(hidden)s::text[])
    )
"""

DUTY_STATES = STATES + "select state, count(*) from follow_up group by 1 order by 1"

LIST_DUTIES = f"""
    {STATES}
    select {", ".join(DUTY)}, company from follow_up
    where (%(holder)s::text is null or holder = %(holder)s)
      and (%(clause)s::text is null or clause = %(clause)s)
      and (%(state)s::text is null or state = %(state)s)
      and (%(after)s::text is null or key > %(after)s)
    order by key limit %(fetch)s
"""

LIST_FILINGS = f"""
    select {", ".join(f"f.{name}" for name in FILING)}, p.name
    from filing f left join provider p using (provider_id)
    where (%(provider_id)s::uuid is null or f.provider_id = %(provider_id)s)
      and (%(month)s::text is null or f.month = %(month)s)
      and (%(after_month)s::text is null
           or (f.month, f.provider_id, f.part) < (%(after_month)s, %(after_provider)s::uuid, %(after_part)s))
    order by f.month desc, f.provider_id desc, f.part desc limit %(fetch)s
"""

LIST_SUMMARIES = f"""
    select {", ".join(SUMMARY)} from summary
    where (%(as_of)s::timestamptz is null or (as_of, summary_id) < (%(as_of)s, %(summary_id)s::uuid))
    order by as_of desc, summary_id desc limit %(fetch)s
"""


def states_of(expected: Sequence[Expected], hidden: Collection[str]) -> dict[str, list[str]]:
    """The parameters of STATES; duties of `hidden` clauses are passed over."""
    return {
        "hidden": sorted(hidden),
        "clauses": [one.clause for one in expected],
        "first_months": [one.first_month for one in expected],
        "last_months": [one.last_month for one in expected],
    }


def duties(
    cursor: Cursor,
    expected: Sequence[Expected],
    hidden: Collection[str],
    where: Mapping[str, str | None],
    after: str | None,
    fetch: int,
) -> list[dict[str, Any]]:
    """By key. `where` has holder, clause and state, or None for each; `company` is a company's name."""
    cursor.execute(LIST_DUTIES, {**states_of(expected, hidden), **where, "after": after, "fetch": fetch})
    return [dict(zip((*DUTY, "company"), row, strict=True)) for row in cursor.fetchall()]


def filings(
    cursor: Cursor, provider_id: UUID | None, month: str | None, after: Sequence[str] | None, fetch: int
) -> list[dict[str, Any]]:
    """The latest month first. `after`: [month, provider_id, part] of the last row before."""
    after_month, after_provider, after_part = after or (None, None, None)
    cursor.execute(
        LIST_FILINGS,
        {
            "provider_id": provider_id,
            "month": month,
            "after_month": after_month,
            "after_provider": after_provider,
            "after_part": after_part,
            "fetch": fetch,
        },
    )
    return [dict(zip((*FILING, "provider_name"), row, strict=True)) for row in cursor.fetchall()]


def instruments(cursor: Cursor) -> list[dict[str, Any]]:
    """By id."""
    cursor.execute(f"select {', '.join(INSTRUMENT)} from instrument order by instrument_id")
    return [dict(zip(INSTRUMENT, row, strict=True)) for row in cursor.fetchall()]


def summaries(cursor: Cursor, after: Sequence[str] | None, fetch: int) -> list[dict[str, Any]]:
    """The latest first. `after`: [as_of, summary_id] of the last row before."""
    as_of, summary_id = after or (None, None)
    cursor.execute(LIST_SUMMARIES, {"as_of": as_of, "summary_id": summary_id, "fetch": fetch})
    return [dict(zip(SUMMARY, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Kept:
    """A summary with the very text that was kept and its hash in hex."""

    title: str
    sha256: str
    content: str


def summary(cursor: Cursor, summary_id: UUID) -> Kept | None:
    """None when there is no such summary."""
    cursor.execute("select title, sha256, content from summary where summary_id = %s", (summary_id,))
    row = cursor.fetchone()
    return None if row is None else Kept(*row)
