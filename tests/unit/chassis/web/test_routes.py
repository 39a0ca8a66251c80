"""Routes as data: what they make of paths, commands and parameters, and their description."""

from datetime import date
from typing import Literal
from uuid import UUID, uuid4

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, ConfigDict
from werkzeug.datastructures import Headers, MultiDict

from chassis.identity.principal import officer
from chassis.web import bodies, openapi, parameters
from chassis.web.incoming import Incoming
from chassis.web.refusals import ForbiddenCharacter, ParameterWrong, UnknownParameter, UnsupportedMediaType, WrongType
from chassis.web.routes import Document, Page, Query, Routes, Upload
from contracts.envelope import Command
from contracts.refusals import Invalid, Malformed
from contracts.sql import Cursor
from contracts.text import Line


class Keep(Command, type="toy.keep", version=1):
    """Keep a note."""

    note_id: UUID
    section: Line
    title: Line
    pages: int
    on: date | None = None


class NoteView(BaseModel):
    note_id: UUID
    title: str


class NoteFilter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Line | None = None
    state: tuple[Literal["open", "closed"], ...] = ()
    on: date | None = None


def list_notes(cursor: Cursor, query: Query) -> Page[NoteView]:
    raise NotImplementedError


def show_page(cursor: Cursor, query: Query) -> Document:
    raise NotImplementedError


def read_sheet(upload: Upload) -> Keep:
    return Keep(note_id=UUID(int=1), section="a", title=upload.fields["title"], pages=len(upload.content))


routes = Routes("toy")
routes.command("POST", "/notes/{note_id}/sections/{section}", Keep, summary="Keep", clause="HD-1a", status=201)
routes.query("GET", "/notes", list_notes, filters=NoteFilter, answers=Page[NoteView], after=True, summary="Notes")
routes.query("GET", "/notes/{note_id}/page", show_page, documents=("text/html",), summary="A note to print")
routes.upload("POST", "/sheets", read_sheet, who=("company",), summary="A sheet")
KEEP, LIST, SHOW, SHEET = routes


def incoming(body: bytes = b"", query: str = "", media_type: str = "application/json", **path: object) -> Incoming:
    pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]
    return Incoming(
        "POST", path, Headers([("Content-Type", media_type)]), MultiDict(pairs), body, uuid4(), "00-1-2-01"
    )  # fmt: skip


def test_placeholders_become_fields_of_the_command() -> None:
    note_id = uuid4()
    made = bodies.command(KEEP, incoming('{"title": "Sổ", "pages": 3}'.encode(), note_id=note_id, section="đầu"))
    assert made == Keep(note_id=note_id, section="đầu", title="Sổ", pages=3)


def test_a_field_of_the_path_may_not_stand_in_the_body_too() -> None:
    body = b'{"title": "a", "pages": 1, "section": "other"}'
    with pytest.raises(Invalid) as caught:
        bodies.command(KEEP, incoming(body, note_id=uuid4(), section="a"))
    assert caught.value.members["errors"][0]["place"] == "section"


@pytest.mark.parametrize("pages", ['"3"', "3.5", "true", "null", "[3]"])
def test_a_number_is_a_number(pages: str) -> None:
    with pytest.raises(WrongType):
        bodies.command(KEEP, incoming(f'{{"title": "a", "pages": {pages}}}'.encode(), note_id=uuid4(), section="a"))


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(ForbiddenCharacter):
        bodies.command(KEEP, incoming(b'{"title": "\\ud800", "pages": 1}', note_id=uuid4(), section="a"))


def test_another_media_type_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        bodies.command(KEEP, incoming(b"title=a", media_type="application/x-www-form-urlencoded"))


def test_ids_in_paths_are_uuids_and_other_placeholders_text() -> None:
    assert KEEP.rule == "/toy/v1/notes/<uuid:note_id>/sections/<section>"
    assert KEEP.open_path == "/toy/v1/notes/{note_id}/sections/{section}"
    assert SHOW.rule == "/toy/v1/notes/<uuid:note_id>/page"


def test_a_placeholder_that_is_no_field_of_the_command_is_found_at_import() -> None:
    with pytest.raises(ValueError, match="has no field colour"):
        Routes("toy").command("POST", "/notes/{colour}", Keep, summary="x")


def test_a_write_for_nobody_is_found_at_import() -> None:
    with pytest.raises(ValueError, match="somebody who answers for it"):
        Routes("toy").command("POST", "/notes", Keep, summary="x", who=())


def test_filters_are_the_fields_of_the_model() -> None:
    found = parameters.filters(LIST, incoming(query="title=Sổ&state=open&state=closed&limit=3").parameters)
    assert found == NoteFilter(title="Sổ", state=("open", "closed"))


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("colour=red", UnknownParameter),
        ("title=a&title=b", ParameterWrong),
        ("limit=1&limit=2", ParameterWrong),
        ("state=half", ParameterWrong),
        ("on=tomorrow", ParameterWrong),
        ("title=a\0b", ParameterWrong),
        ("title=a\u200bb", ParameterWrong),
    ],
)
def test_other_parameters_are_refused_by_name(query: str, refusal: type[Malformed]) -> None:
    with pytest.raises(refusal):
        parameters.filters(LIST, incoming(query=query).parameters)


def test_after_is_what_a_write_answered() -> None:
    one, two = f"{uuid4()}@3", f"{uuid4()}@1"
    assert parameters.after(LIST, incoming(query=f"after={one},{two}")) == f"{one},{two}"
    assert parameters.after(LIST, incoming()) is None
    with pytest.raises(Malformed):
        parameters.after(LIST, incoming(query="after=latest"))


def test_a_file_comes_raw_or_as_the_one_file_of_a_form() -> None:
    company = officer("dic", "an", "officer")
    raw = incoming(b"12345", query="title=Sổ", media_type="application/octet-stream")
    boundary = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nS\xe1\xbb\x95\r\n'
    boundary += b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n12345\r\n--x--\r\n'
    form = incoming(boundary, media_type="multipart/form-data; boundary=x")
    expected = Keep(note_id=UUID(int=1), section="a", title="Sổ", pages=5)
    assert bodies.uploaded(SHEET, raw, company) == expected
    assert bodies.uploaded(SHEET, form, company) == expected


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"", "application/octet-stream"), (b"garbage", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data")],
)
def test_a_form_without_one_file_is_refused(body: bytes, media_type: str) -> None:
    with pytest.raises(Malformed):
        bodies.uploaded(SHEET, incoming(body, media_type=media_type), officer("dic", "an", "officer"))


def test_the_description_is_valid_openapi_and_knows_every_route() -> None:
    document = openapi.document(routes)
    validate(document)
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    assert set(operations) == {"keep", "list_notes", "show_page", "read_sheet"}
    body = operations["keep"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    fields = document["components"]["schemas"][body.rsplit("/", 1)[1]]["properties"]
    assert set(fields) == {"title", "pages", "on"}
    assert {one["name"] for one in operations["list_notes"]["parameters"]} == {
        "title", "state", "on", "limit", "cursor", "after", "If-None-Match", "Accept-Language",
    }  # fmt: skip
    assert operations["read_sheet"]["security"] == [{"company": []}]
