"""Problem documents (RFC 9457): how every no looks over HTTP, and the page that says what a code means."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.wrappers import Response

from chassis.web.refusals import ForbiddenCharacter, MissingField, UnknownField, WrongType
from contracts.problem_texts import ANY, ENGLISH, LANGUAGES, Language, filled, reasons, text_of
from contracts.refusals import Invalid, NotAuthenticated, Refusal, Said, refusals
from contracts.text import FORBIDDEN_CHARACTER

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
MOST_ERRORS = 100
"""That are told of one request; `detail` says how many there are."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong with one field, as pydantic found it."""

    kind: str
    message: str
    context: Mapping[str, Any]

    def in_language(self, language: Language) -> str:
        """English is pydantic's own; an error of a kind that nobody translated is told in general."""
        if language == ENGLISH:
            return self.message
        return filled(reasons().get(self.kind, reasons()[ANY]), self.context, language)


def response(refusal: Refusal, correlation_id: str, language: Language) -> Response:
    """The problem document of a refusal in one language, with the request's correlation id."""
    document = refusal.document(language) | {"correlation_id": correlation_id}
    answer = Response(json.dumps(document, ensure_ascii=False, default=str), status=refusal.status, mimetype=MEDIA_TYPE)
    answer.headers["Content-Language"] = language
    answer.headers["Vary"] = "Accept-Language"
    if isinstance(refusal, NotAuthenticated):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="phoihop"'
    if refusal.status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if "allow" in refusal.members:
        answer.headers["Allow"] = ", ".join(refusal.members["allow"])
    return answer


def from_validation(error: ValidationError) -> Invalid:
    """What pydantic found, as one refusal: `errors` lists place, reason and code, in the order of the fields.

    Values that were sent are not repeated.
    """
    errors: list[dict[str, Any]] = [
        {"place": _place(one["loc"]), "reason": _reason(one), "code": _code(one["type"])}
        for one in error.errors(include_url=False, include_input=False)
    ]
    count = len(errors)
    del errors[MOST_ERRORS:]
    first, codes = errors[0], {one["code"] for one in errors}
    kinds = {kind.code: kind for kind in (UnknownField, MissingField, WrongType, ForbiddenCharacter)}
    kind = kinds.get(codes.pop(), Invalid) if len(codes) == 1 else Invalid
    place, reason = first["place"], first["reason"]
    if count == 1:
        return kind(Said("{place}: {reason}", place=place, reason=reason), errors=errors)
    said = Said("{place}: {reason} (and {more} more)", place=place, reason=reason, more=count - 1)
    return kind(said, errors=errors)


def description(code: str) -> type[Refusal] | None:
    """The class of a code, None when nothing here says no that way."""
    return next((kind for kind in refusals() if kind.code == code), None)


def described(kind: type[Refusal], wants_html: bool) -> Response:
    """What a problem's type URL shows to a person or to a program: title, meaning and what to do, in each language."""
    told = {language: _told(kind, language) for language in LANGUAGES}
    if not wants_html:
        body: dict[str, Any] = {"code": kind.code, "status": kind.status} | {**told}
        return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    parts = "".join(
        f'<section lang="{language}"><h1>{html.escape(one["title"])}</h1>'
        f"<p>{html.escape(one['meaning'])}</p><p>{html.escape(one['do'])}</p></section>"
        for language, one in told.items()
    )
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(kind.code)}</title>'
        f"<p><code>{html.escape(kind.code)}</code>, HTTP status {kind.status}</p>{parts}</html>"
    )
    return Response(page, mimetype="text/html")


def _told(kind: type[Refusal], language: Language) -> dict[str, str]:
    text, title = text_of(kind.code), kind.title_in(language)
    if text is None:
        return {"title": title, "meaning": title, "do": ""}
    return {"title": title, "meaning": text.meaning[language], "do": text.todo[language]}


def _place(location: tuple[int | str, ...]) -> str:
    """`rows[3].name`; the whole document is `body`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "body"


def _reason(error: ErrorDetails) -> Reason:
    context = {name: value for name, value in error.get("ctx", {}).items() if name != "error"}
    return Reason(error["type"], error["msg"].removeprefix("Value error, "), context)


def _code(kind: str) -> str:
    if kind == "extra_forbidden":
        return UnknownField.code
    if kind == "missing":
        return MissingField.code
    if kind == FORBIDDEN_CHARACTER:
        return ForbiddenCharacter.code
    if kind.endswith(("_type", "_parsing", "_parsing_size", "_from_float")):
        return WrongType.code
    return Invalid.code
