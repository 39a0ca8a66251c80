"""The doors of the toy service."""

from chassis.web.routes import KIB, PUBLIC, Document, Page, Query, Routes, Upload
from contracts.refusals import NotFound
from contracts.sql import Cursor
from tests.integration.web.toy.notes import Break, ImportNotes, KeepNote, NoteFilter, NoteView

LIST = """
select stream_id, version from public.stream
where category = 'note' and (%(version)s::int is null or version = %(version)s)
and (%(after)s::uuid is null or stream_id > %(after)s::uuid)
order by stream_id limit %(fetch)s
"""


def list_notes(cursor: Cursor, query: Query) -> Page[NoteView]:
    after = query.page.after[0] if query.page.after else None
    cursor.execute(LIST, {"version": query.filters.version, "after": after, "fetch": query.page.fetch})
    rows = [NoteView(note_id=note_id, version=version) for note_id, version in cursor.fetchall()]
    return Page.of(rows, query.page, key=lambda row: [str(row.note_id)])


def show_note(cursor: Cursor, query: Query) -> NoteView:
    cursor.execute("select stream_id, version from public.stream where stream_id = %s", (str(query.path["note_id"]),))
    row = cursor.fetchone()
    if row is None:
        raise NotFound("there is no such note")
    return NoteView(note_id=row[0], version=row[1])


def print_notes(cursor: Cursor, query: Query) -> Document:
    return Document("text/html", b"<h1>Notes</h1>", filename="s\xe1\xbb\x95.html".encode("latin-1").decode("utf-8"))


def take_a_while(cursor: Cursor, query: Query) -> NoteView:
    cursor.execute("select pg_sleep(30)")
    raise AssertionError("the time limit did not hold")


def take_a_moment(cursor: Cursor, query: Query) -> Document:
    cursor.execute("select pg_sleep(1)")
    return Document("text/plain", b"done")


def read_notes(upload: Upload) -> ImportNotes:
    return ImportNotes(size=len(upload.content))


routes = Routes("toy")
routes.command(
    "PUT", "/notes/{note_id}", KeepNote, status=201, who=("officer", "company"), summary="Keep a note",
    reveal=lambda command_id, settings: {"revealed": str(command_id), "scope": settings.scope},
)  # fmt: skip
routes.command("POST", "/break", Break, summary="Fail")
routes.upload("POST", "/imports", read_notes, limit=64 * KIB, summary="Import")
routes.query("GET", "/notes", list_notes, filters=NoteFilter, answers=Page[NoteView], after=True, summary="Notes")
routes.query("GET", "/notes/{note_id}", show_note, answers=NoteView, summary="A note")
routes.query("GET", "/print", print_notes, who=PUBLIC, documents=("text/html",), summary="Notes to print")
routes.query("GET", "/slow", take_a_while, who=PUBLIC, answers=NoteView, seconds=0.5, summary="Too slow")
routes.query("GET", "/moment", take_a_moment, who=PUBLIC, documents=("text/plain",), summary="A second")
