"""Programmes as lists and officers see them, and how far each has come: foreseen, planned and concluded visits."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.inspection import ProgrammeApproved, ProgrammeDrafted, ProgrammeSubmitted
from contracts.sql import Cursor, Rows

COLUMNS = ("state", "title", "year", "letter_number", "decision_number", "decided_on", "drafted_at")


class Programmes:
    name = "programmes"
    tables = ("programme_file", "programme_item")
    wants: tuple[type[Event], ...] = (ProgrammeDrafted, ProgrammeSubmitted, ProgrammeApproved)
    ddl = """
        create table programme_file (
            programme_id uuid primary key, version int not null, state text, title text, year int, letter_number text,
            decision_number text, decided_on date, drafted_at timestamptz
        );
        create index programme_file_drafted on programme_file (drafted_at, programme_id);
        create table programme_item (
            programme_id uuid, area text, quarter int, version int not null, visits int,
            primary key (programme_id, area, quarter)
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        programmes = Rows("programme_file", ("programme_id",), COLUMNS)
        items = Rows("programme_item", ("programme_id", "area", "quarter"), ("visits",))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case ProgrammeDrafted():
                    drafted = {"title": event.title, "year": event.year, "drafted_at": received.envelope.occurred_at}
                    programmes.put((event.programme_id,), version, state="draft", **drafted)
                    for item in event.items:
                        items.put((event.programme_id, item.area, item.quarter), version, visits=item.visits)
                case ProgrammeSubmitted():
                    programmes.put((event.programme_id,), version, state="submitted", letter_number=event.letter_number)
                case ProgrammeApproved():
                    decision = {"decision_number": event.decision_number, "decided_on": event.decided_on}
                    programmes.put((event.programme_id,), version, state="approved", **decision)
        programmes.write(cursor)
        items.write(cursor)


VIEW = ("programme_id", "version", *COLUMNS)

LIST = f"""
    select {", ".join(VIEW)} from programme_file
    where (%(state)s::text is null or state = %(state)s)
      and (%(year)s::int is null or year = %(year)s)
      and (%(after_at)s::timestamptz is null or (drafted_at, programme_id) < (%(after_at)s, %(after_id)s::uuid))
    order by drafted_at desc, programme_id desc limit %(fetch)s
"""

ONE = f"select {', '.join(VIEW)} from programme_file where programme_id = %s"

PROGRESS = """
    with made as (
        select area, extract(quarter from planned_on)::int as quarter, count(*) as planned,
               count(*) filter (where state = 'concluded') as concluded
        from inspection_file where programme_id = %(programme_id)s group by 1, 2
    ), foreseen as (select area, quarter, visits from programme_item where programme_id = %(programme_id)s)
    select area, quarter, coalesce(f.visits, 0), coalesce(m.planned, 0), coalesce(m.concluded, 0)
    from foreseen f full join made m using (area, quarter) order by quarter, area
"""


def listed(
    cursor: Cursor, where: Mapping[str, Any], *, after: Sequence[str] | None, fetch: int
) -> list[dict[str, Any]]:
    """The newest first. `where` has a value or None for state and year; `after` is [drafted_at, programme_id] of the
    last row of the page before."""
    after_at, after_id = after or (None, None)
    cursor.execute(LIST, {**where, "after_at": after_at, "after_id": after_id, "fetch": fetch})
    return [dict(zip(VIEW, row, strict=True)) for row in cursor.fetchall()]


def one(cursor: Cursor, programme_id: UUID) -> dict[str, Any] | None:
    cursor.execute(ONE, (programme_id,))
    row = cursor.fetchone()
    return None if row is None else dict(zip(VIEW, row, strict=True))


def progress(cursor: Cursor, programme_id: UUID) -> list[dict[str, Any]]:
    """One row an area and quarter. A row with `foreseen` 0 is a deviation: visits that no item names."""
    cursor.execute(PROGRESS, {"programme_id": programme_id})
    return [
        dict(zip(("area", "quarter", "foreseen", "planned", "concluded"), row, strict=True))
        for row in cursor.fetchall()
    ]
