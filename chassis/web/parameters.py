"""The query string of a route: its filters, its page, and what to wait for. Anything else is refused by name."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from chassis.consume.after import parse
from chassis.web import pages, problems
from chassis.web.incoming import Incoming
from chassis.web.refusals import ParameterWrong, UnknownParameter
from chassis.web.routes import Route


def reserved(route: Route) -> tuple[str, ...]:
    """Parameters that mean the same on every route that has them."""
    return (("limit", "cursor") if route.pages else ()) + (("after",) if route.after else ())


def filters(route: Route, parameters: MultiDict[str, str]) -> BaseModel:
    """Raises UnknownParameter, ParameterWrong."""
    known = route.filters.model_fields
    for name, value in parameters.items(multi=True):
        if name not in known and name not in reserved(route):
            allowed = [*known, *reserved(route)]
            raise UnknownParameter(
                "there is no parameter {parameter!r} here; known: {known}", known=allowed, parameter=name[:80]
            )
        if not value.isprintable():
            raise ParameterWrong("{parameter} holds a character that may not stand in text", parameter=name)
        if len(parameters.getlist(name)) > 1 and (name not in known or not _is_list(known[name].annotation)):
            raise ParameterWrong("{parameter} stands twice", parameter=name)
    values: dict[str, Any] = {
        name: parameters.getlist(name) if _is_list(info.annotation) else parameters[name]
        for name, info in known.items()
        if name in parameters
    }
    try:
        return route.filters.model_validate(values)
    except ValidationError as error:
        refused = problems.from_validation(error)
        raise ParameterWrong(refused.said, **refused.members) from None


def page(route: Route, incoming: Incoming, chosen: BaseModel) -> pages.PageRequest:
    """Raises ParameterWrong, CursorUnusable."""
    place = f"{route.path} {sorted(map(str, incoming.path.values()))}"
    name = pages.list_id(place, chosen.model_dump_json())
    return pages.requested(incoming.parameters.get("limit"), incoming.parameters.get("cursor"), name)


def after(route: Route, incoming: Incoming) -> str | None:
    """What a write answered in `After`, from `?after=` or the header `After`. Raises Malformed."""
    text = incoming.parameters.get("after", incoming.headers.get("After")) if route.after else None
    if text is not None:
        parse(text)
    return text


def _is_list(annotation: object) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return origin in (tuple, list, frozenset, set)
