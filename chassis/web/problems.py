"""Problem documents (RFC 9457): how every no looks over HTTP, and the page that says what a code means."""

import html
import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from werkzeug.wrappers import Response

from chassis.web.refusals import ForbiddenCharacter, MissingField, UnknownField, WrongType
from contracts.refusals import Invalid, NotAuthenticated, Refusal

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
CHARACTER_RULE = "may not stand in text"
"""The words by which `contracts.text` refuses a character; a unit test holds the two together."""


def response(refusal: Refusal, correlation_id: str) -> Response:
    """The problem document of a refusal. Members: type, title, status, detail, code, correlation_id, then its own."""
    document = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "correlation_id": correlation_id,
    }
    answer = Response(
        json.dumps(refusal.members | document, ensure_ascii=False, default=str),
        status=refusal.status,
        mimetype=MEDIA_TYPE,
    )
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
    errors = [
        {"place": _place(one["loc"]), "reason": _reason(one["msg"]), "code": _code(one["type"], one["msg"])}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first, codes = errors[0], {one["code"] for one in errors}
    kinds = {kind.code: kind for kind in (UnknownField, MissingField, WrongType, ForbiddenCharacter)}
    kind = kinds.get(codes.pop(), Invalid) if len(codes) == 1 else Invalid
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return kind(f"{first['place']}: {first['reason']}{more}", errors=errors)


def description(code: str) -> type[Refusal] | None:
    """The class of a code, None when nothing here says no that way."""
    return next((kind for kind in _kinds(Refusal) if kind.code == code), None)


def described(kind: type[Refusal], wants_html: bool) -> Response:
    """What a problem's type URL shows to a person or to a program."""
    meaning = (kind.__doc__ or "").strip() or kind.title
    if not wants_html:
        body: dict[str, Any] = {"code": kind.code, "status": kind.status, "title": kind.title, "meaning": meaning}
        return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(kind.code)}</title>'
        f"<h1>{html.escape(kind.title)}</h1><p><code>{html.escape(kind.code)}</code>, HTTP status {kind.status}</p>"
        f"<p>{html.escape(meaning)}</p></html>"
    )
    return Response(page, mimetype="text/html")


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def _place(location: tuple[int | str, ...]) -> str:
    """`rows[3].name`; the whole document is `body`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "body"


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _code(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return UnknownField.code
    if kind == "missing":
        return MissingField.code
    if kind == "value_error" and CHARACTER_RULE in message:
        return ForbiddenCharacter.code
    if kind.endswith(("_type", "_parsing", "_parsing_size", "_from_float")):
        return WrongType.code
    return Invalid.code
