"""What a body holds: a command in JSON, or a file."""

import json
from io import BytesIO

from pydantic import ValidationError
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from chassis.identity.principal import Principal
from chassis.web import problems
from chassis.web.incoming import Incoming
from chassis.web.json_text import parse_object
from chassis.web.refusals import ForbiddenCharacter, UnsupportedMediaType
from chassis.web.routes import Route, Upload
from contracts.envelope import Command
from contracts.refusals import Invalid, Malformed, Refusal, Said

MOST_FORM_PARTS = 20


def command(route: Route, incoming: Incoming) -> Command:
    """The command of a JSON body and the path. Raises Malformed, UnsupportedMediaType, Invalid and their kinds."""
    assert route.command is not None
    media_type = _media_type(incoming)
    if incoming.body and media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType("send application/json")
    fields = parse_object(incoming.body) if incoming.body else {}
    for name in incoming.path:
        if name in fields:
            reason = Said("stands in the path, not in the body")
            raise Invalid(
                Said("{place}: {reason}", place=name, reason=reason),
                errors=[{"place": name, "reason": reason, "code": Invalid.code}],
            )
    whole = fields | {name: str(value) for name, value in incoming.path.items()}
    try:
        text = json.dumps(whole, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ForbiddenCharacter("body: half of a surrogate pair may not stand in text", errors=[]) from None
    try:
        return route.command.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise problems.from_validation(error) from None


def uploaded(route: Route, incoming: Incoming, principal: Principal) -> Command:
    """Hands the file to the route's `read`. Raises Malformed, Invalid, and whatever refusal `read` has."""
    assert route.read is not None
    content, media_type, filename, form = incoming.body, _media_type(incoming), None, dict[str, str]()
    if media_type == "multipart/form-data":
        content, media_type, filename, form = _from_form(incoming)
    if not content:
        raise Malformed("the file is missing: send it as the body, or as the one file of a form")
    fields = {name: values[-1] for name, values in incoming.parameters.lists()} | form
    try:
        return route.read(Upload(content, media_type, filename, fields, incoming.path, principal))
    except ValidationError as error:
        raise problems.from_validation(error) from None


def _from_form(incoming: Incoming) -> tuple[bytes, str, str | None, dict[str, str]]:
    content_type, options = parse_options_header(incoming.headers.get("Content-Type"))
    parser = FormDataParser(max_form_memory_size=len(incoming.body), max_form_parts=MOST_FORM_PARTS, silent=False)
    try:
        _, form, files = parser.parse(BytesIO(incoming.body), content_type, len(incoming.body), options)
    except Refusal:
        raise
    except Exception:  # werkzeug raises its own HTTP errors and plain ValueErrors here
        raise Malformed("the form cannot be read as multipart/form-data") from None
    sent = [storage for storages in files.listvalues() for storage in storages]
    if len(sent) != 1:
        raise Malformed("the form must hold one file; it holds {files}", files=len(sent))
    return sent[0].stream.read(), sent[0].mimetype, sent[0].filename, {name: form[name] for name in form}


def _media_type(incoming: Incoming) -> str:
    return parse_options_header(incoming.headers.get("Content-Type"))[0].lower()
