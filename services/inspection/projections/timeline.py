"""The course of each inspection, one row a fact, in words a person reads: what, when, who, by which clause."""

from collections.abc import Sequence
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

COLUMNS = ("event_id", "type", "occurred_at", "position", "actor", "agency", "clause", "what")


class Timeline:
    name = "timeline"
    tables = ("inspection_step",)
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
        create table inspection_step (
            inspection_id uuid, step int, version int not null, event_id uuid, type text, occurred_at timestamptz,
            position bigint, actor text, agency text, clause text, what text,
            primary key (inspection_id, step)
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        steps = Rows("inspection_step", ("inspection_id", "step"), COLUMNS)
        for received in batch:
            envelope = received.envelope
            metadata = envelope.metadata
            steps.put(
                (envelope.stream_id, envelope.stream_version),
                envelope.stream_version,
                event_id=envelope.event_id,
                type=envelope.type,
                occurred_at=envelope.occurred_at,
                position=envelope.position,
                actor=metadata.actor,
                agency=metadata.agency,
                clause=metadata.clause,
                what=in_words(received.event),
            )
        steps.write(cursor)


def in_words(event: Event) -> str:
    """One sentence without a full stop. Raises TypeError for what is no fact of an inspection."""
    match event:
        case InspectionPlanned():
            return f"visit planned for {event.planned_on.isoformat()} in {event.area} ({event.form})"
        case InspectionLeadAssigned():
            return f"{event.agency} leads by {event.clause}"
        case InspectionLeadTransferred():
            return f"{event.from_agency} handed the lead to {event.to_agency} by {event.clause}: {event.reason}"
        case TeamMemberInvited():
            return f"{event.agency} invited by {event.clause}"
        case TeamMemberConfirmed():
            return f"{event.agency} joins the team with {event.officers} officer(s)"
        case TeamMemberDeclined():
            return f"{event.agency} does not join: {event.reason}"
        case InspectionStarted():
            return f"the team is at the place on {event.started_on.isoformat()}"
        case ViolationFound():
            return f"{event.found_by} found {event.category}, a breach of {event.provision}, by {event.empowered_by}"
        case MinutesSigned():
            return f"minutes {event.number} signed on {event.signed_on.isoformat()}"
        case InspectionConcluded():
            return f"{event.lead} concluded the inspection with {event.violations} violation(s)"
    raise TypeError(f"not a fact of an inspection: {type(event).__name__}")


VIEW = ("step", *COLUMNS)


def of_inspection(cursor: Cursor, inspection_id: UUID) -> list[dict[str, Any]]:
    """Every fact from the first, each with its position in the log (`position`)."""
    cursor.execute(
        f"select {', '.join(VIEW)} from inspection_step where inspection_id = %s order by step", (inspection_id,)
    )
    return [dict(zip(VIEW, row, strict=True)) for row in cursor.fetchall()]
