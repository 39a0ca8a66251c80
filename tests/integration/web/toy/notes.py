"""What the toy service is about: notes, each a stream with at most a few events."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis.store.append import Change, Claim, Decision
from chassis.store.commands import Context
from contracts.envelope import Command, Event
from contracts.refusals import NotFound, Refusal
from contracts.text import Line


class DateInTheFuture(Refusal, code="date-in-the-future", status=422, title="That day has not come yet"): ...


class KeepNote(Command, type="toy.keep-note", version=1):
    """Keep a note; a company keeps its own only."""

    note_id: UUID
    company_id: UUID | None = None
    title: Line
    pages: int = 1
    on: date


class Break(Command, type="toy.break", version=1):
    """Makes the handler fail."""


class ImportNotes(Command, type="toy.import-notes", version=1):
    """A file of notes."""

    size: int


class NoteKept(Event, type="toy.note-kept", version=1):
    """A note was kept."""

    note_id: UUID
    title: str
    pages: int


class NoteView(BaseModel):
    note_id: UUID
    version: int


class NoteFilter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: int | None = None


def keep_note(command: KeepNote, context: Context) -> Decision:
    if context.principal.company_id not in (None, command.company_id):
        raise NotFound("there is no such company")
    if command.on > context.today:
        raise DateInTheFuture(f"{command.on} is after {context.today}")
    event = NoteKept(note_id=command.note_id, title=command.title, pages=command.pages)
    return Decision(
        (Change(command.note_id, "note", context.expected_version or 0, (event,)),),
        {"note_id": str(command.note_id), "title": command.title},
        claims=(Claim("title", command.title, command.note_id),),
    )


def import_notes(command: ImportNotes, context: Context) -> Decision:
    return Decision(response={"size": command.size})


def fail(command: Break, context: Context) -> Decision:
    raise ZeroDivisionError("canary-in-the-error")


COMMANDS: dict[type[Command], Any] = {KeepNote: keep_note, ImportNotes: import_notes, Break: fail}
