"""Inspections as lists and officers see them, with their teams."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionLeadTransferred,
    InspectionPlanned,
    InspectionStarted,
    MinutesSigned,
    TeamMemberConfirmed,
    TeamMemberDeclined,
    TeamMemberInvited,
    ViolationFound,
)
from contracts.sql import Cursor, Rows
from services.inspection.projections.targets import KNOWN

COLUMNS = (
    "state",
    "programme_id",
    "form",
    "target_kind",
    "target_id",
    "area",
    "planned_on",
    "lead",
    "lead_clause",
    "started_on",
    "minutes_number",
    "minutes_signed_on",
    "concluded_on",
)
MEMBER_COLUMNS = ("clause", "answer", "officers", "reason")


class Inspections:
    name = "inspections"
    tables = ("inspection_file", "team_member")
    wants: tuple[type[Event], ...] = (
        InspectionPlanned,
        InspectionLeadAssigned,
        InspectionLeadTransferred,
        TeamMemberInvited,
        TeamMemberConfirmed,
        TeamMemberDeclined,
        InspectionStarted,
        ViolationFound,
        MinutesSigned,
        InspectionConcluded,
    )
    ddl = """
        create table inspection_file (
            inspection_id uuid primary key, version int not null, state text, programme_id uuid, form text,
            target_kind text, target_id uuid, area text, planned_on date, lead text, lead_clause text, started_on date,
            minutes_number text, minutes_signed_on date, concluded_on date
        );
        create index inspection_file_planned on inspection_file (planned_on, inspection_id);
        create index inspection_file_programme on inspection_file (programme_id);
        create table team_member (
            inspection_id uuid, agency text, version int not null, clause text, answer text, officers int, reason text,
            primary key (inspection_id, agency)
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        inspections = Rows("inspection_file", ("inspection_id",), COLUMNS)
        members = Rows("team_member", ("inspection_id", "agency"), MEMBER_COLUMNS)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case TeamMemberInvited() | TeamMemberConfirmed() | TeamMemberDeclined():
                    members.put((event.inspection_id, event.agency), version, **_member(event))
                    inspections.put((event.inspection_id,), version)
                case InspectionLeadTransferred():
                    # the former lead stays in the team, by the clause that gives the other the lead
                    members.put((event.inspection_id, event.from_agency), version, clause=event.clause, answer="joined")
                    lead = {"lead": event.to_agency, "lead_clause": event.clause}
                    inspections.put((event.inspection_id,), version, **lead)
                case InspectionPlanned():
                    planned = event.model_dump(include=set(COLUMNS))
                    inspections.put((event.inspection_id,), version, state="planned", **planned)
                case InspectionLeadAssigned():
                    lead = {"lead": event.agency, "lead_clause": event.clause}
                    inspections.put((event.inspection_id,), version, **lead)
                case ViolationFound():
                    inspections.put((event.inspection_id,), version)
                case InspectionStarted():
                    inspections.put((event.inspection_id,), version, state="started", started_on=event.started_on)
                case MinutesSigned():
                    minutes = {"minutes_number": event.number, "minutes_signed_on": event.signed_on}
                    inspections.put((event.inspection_id,), version, state="minuted", **minutes)
                case InspectionConcluded():
                    inspections.put((event.inspection_id,), version, state="concluded", concluded_on=event.concluded_on)
        inspections.write(cursor)
        members.write(cursor)


def _member(event: TeamMemberInvited | TeamMemberConfirmed | TeamMemberDeclined) -> dict[str, Any]:
    match event:
        case TeamMemberInvited():
            return {"clause": event.clause, "answer": "pending"}
        case TeamMemberConfirmed():
            return {"answer": "joined", "officers": event.officers}
        case TeamMemberDeclined():
            return {"answer": "declined", "reason": event.reason}


VIEW = (
    "inspection_id",
    "version",
    *COLUMNS,
    "target_name",
    "target_address",
    "target_confirmed",
    "violations",
    "information_security",
)
MEMBER_VIEW = ("agency", *MEMBER_COLUMNS)

INSPECTION = f"""
    select {", ".join(VIEW)} from (
        select i.*, coalesce(found.violations, 0) as violations,
               coalesce(found.information_security, false) as information_security
        from inspection_file i left join (
            select inspection_id, count(*) as violations, bool_or(information_security) as information_security
            from violation_file group by inspection_id
        ) found using (inspection_id)
    ) inspection {KNOWN}
"""

LIST = f"""
    {INSPECTION}
    where (%(state)s::text is null or state = %(state)s)
      and (%(area)s::text is null or area = %(area)s)
      and (%(lead)s::text is null or lead = %(lead)s)
      and (%(programme_id)s::uuid is null or programme_id = %(programme_id)s)
      and (%(target_id)s::uuid is null or target_id = %(target_id)s)
      and (%(from)s::date is null or planned_on >= %(from)s)
      and (%(to)s::date is null or planned_on <= %(to)s)
      and (%(after_day)s::date is null or (planned_on, inspection_id) < (%(after_day)s, %(after_id)s::uuid))
    order by planned_on desc, inspection_id desc limit %(fetch)s
"""

ONE = f"{INSPECTION} where inspection_id = %s"

# a member that took over the lead stands with the inspection, no longer in its team
TEAM = f"""
    select {", ".join(MEMBER_VIEW)} from team_member
    where inspection_id = %s and agency not in (select lead from inspection_file where inspection_id = %s)
    order by agency
"""


def listed(
    cursor: Cursor, where: Mapping[str, Any], *, after: Sequence[str] | None, fetch: int
) -> list[dict[str, Any]]:
    """The latest planned first.

    `where` has a value or None for each parameter of LIST; `after` is [planned_on, inspection_id] of the row before.
    """
    after_day, after_id = after or (None, None)
    cursor.execute(LIST, {**where, "after_day": after_day, "after_id": after_id, "fetch": fetch})
    return [dict(zip(VIEW, row, strict=True)) for row in cursor.fetchall()]


def one(cursor: Cursor, inspection_id: UUID) -> dict[str, Any] | None:
    cursor.execute(ONE, (inspection_id,))
    row = cursor.fetchone()
    return None if row is None else dict(zip(VIEW, row, strict=True))


def team(cursor: Cursor, inspection_id: UUID) -> list[dict[str, Any]]:
    """The invited agencies and what they answered; the lead stands with the inspection."""
    cursor.execute(TEAM, (inspection_id, inspection_id))
    return [dict(zip(MEMBER_VIEW, row, strict=True)) for row in cursor.fetchall()]
