"""The routes of a service as data. `service.py` serves them, `openapi.py` describes them; neither is imported here.

routes = Routes("registry")
routes.command("POST", "/agents", RegisterAgent, status=201, summary="Enter into the register")
routes.query("GET", "/agents", list_agents, filters=AgentFilter, answers=Page[AgentView], after=True)
routes.upload("POST", "/agent-lists", read_agent_list, limit=10 * MIB, who=("company",))
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from chassis.identity.principal import Kind, Principal
from chassis.settings import Settings
from chassis.web.pages import Page, PageRequest
from contracts.envelope import Command
from contracts.sql import Cursor

__all__ = ["KIB", "MIB", "PUBLIC", "Document", "Page", "PageRequest", "Query", "Route", "Routes", "Upload"]

KIB = 1024
MIB = 1024 * KIB
BODY_LIMIT = MIB
REQUEST_SECONDS = 30.0
JSON = "application/json"
PUBLIC: tuple[Kind, ...] = ()
"""`who=PUBLIC`: nobody needs to say who they are."""

PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::(text))?\}")


class NoFilters(BaseModel):
    """A list that takes no parameters of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Query:
    """What a query function is told. Placeholders that end in `_id` are UUIDs in `path`, the others text."""

    principal: Principal | None
    """None only where `who=PUBLIC`."""
    path: Mapping[str, Any]
    filters: Any
    page: PageRequest
    scope: str
    now: datetime
    today: date
    media_type: str = JSON
    """Which of the media types the route offers the caller likes best (`Accept`)."""


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes as they are: an HTML page, a sheet. `filename` makes browsers save it."""

    media_type: str
    content: bytes
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in, raw or as the one file of a multipart form; `fields`: query string and form together."""

    content: bytes
    media_type: str
    filename: str | None
    fields: Mapping[str, str]
    path: Mapping[str, Any]
    principal: Principal


Read = Callable[[Upload], Command]
Ask = Callable[[Cursor, Query], BaseModel | Document]
Reveal = Callable[[UUID, Settings], Mapping[str, Any]]


@dataclass(frozen=True)
class Route:
    """One address and method. `name` is that of the nameko entrypoint and OpenAPI's operationId."""

    name: str
    kind: Literal["command", "query", "upload"]
    method: str
    path: str
    who: tuple[Kind, ...]
    summary: str
    clause: str | None
    status: int
    limit: int
    seconds: float
    answers: type[BaseModel] | None = None
    command: type[Command] | None = None
    read: Read | None = None
    ask: Ask | None = None
    filters: type[BaseModel] = NoFilters
    after: str | None = None
    """The consumer whose watermark `?after=` waits for; None: the route does not wait."""
    reveal: Reveal | None = None
    documents: tuple[str, ...] = ()
    """Media types of a query that answers a Document."""
    texts: tuple[str, ...] = field(default=())
    """Placeholders that are text although nothing says so."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(name for name, _ in PLACEHOLDER.findall(self.path))

    @property
    def pages(self) -> bool:
        """Whether the answer is a `Page`, so that `limit` and `cursor` are parameters."""
        return self.answers is not None and issubclass(self.answers, Page)

    @property
    def offers(self) -> tuple[str, ...]:
        """Media types of a query's answer; the first is given to who names none."""
        return ((JSON,) if self.answers is not None else ()) + self.documents

    @property
    def open_path(self) -> str:
        """The path as OpenAPI writes it."""
        return PLACEHOLDER.sub(r"{\1}", self.path)

    @property
    def rule(self) -> str:
        """The path in werkzeug's notation."""
        return PLACEHOLDER.sub(lambda match: f"<{'uuid:' if self.is_id(match[1]) else ''}{match[1]}>", self.path)

    def is_id(self, placeholder: str) -> bool:
        """A command's own field says so, elsewhere the name does; anything that is no UUID then has no address."""
        if placeholder in self.texts:
            return False
        if self.command is not None and placeholder in self.command.model_fields:
            return self.command.model_fields[placeholder].annotation is UUID
        return placeholder.endswith("_id")

    def body_model(self) -> type[BaseModel] | None:
        """What the body holds: the command without the fields that stand in the path. None: nothing is left."""
        return None if self.command is None else _without(self.command, self.placeholders)


@cache
def _without(command: type[Command], placeholders: tuple[str, ...]) -> type[BaseModel] | None:
    left = {name: (info.annotation, info) for name, info in command.model_fields.items() if name not in placeholders}
    if not left or not placeholders:
        return command if left else None
    model: type[BaseModel] = create_model(
        f"{command.__name__}Body",
        __config__=ConfigDict(extra="forbid"),
        __doc__=command.__doc__,
        **left,  # type: ignore[call-overload]
    )
    return model


class Routes:
    """Collects routes in the order of the file. Raises ValueError at import time for what could never work."""

    def __init__(self, service: str, version: str = "v1", title: str | None = None) -> None:
        self.service, self.version = service, version
        self.title = title or f"Phối hợp: {service}"
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    @property
    def prefix(self) -> str:
        return f"/{self.service}/{self.version}"

    def command(
        self,
        method: str,
        path: str,
        command: type[Command],
        *,
        summary: str,
        answers: type[BaseModel] | None = None,
        status: int = 200,
        who: tuple[Kind, ...] = ("officer",),
        clause: str | None = None,
        limit: int = BODY_LIMIT,
        seconds: float = REQUEST_SECONDS,
        name: str | None = None,
        reveal: Reveal | None = None,
    ) -> None:
        """A JSON body becomes `command`; placeholders of the path are fields of it and absent from the body.

        `answers` documents the response. `reveal(command_id, settings)` adds members to the answer that are stored
        nowhere, such as a key that is shown once.
        """
        missing = {found for found, _ in PLACEHOLDER.findall(path)} - set(command.model_fields)
        if missing:
            raise ValueError(f"{path}: {command.__name__} has no field {', '.join(sorted(missing))}")
        self._add(
            Route(
                name or _snake(command.__name__), "command", method, self.prefix + path, _writers(path, who), summary,
                clause, status, limit, seconds, answers, command=command, reveal=reveal, texts=_texts(path),
            )
        )  # fmt: skip

    def query(
        self,
        method: str,
        path: str,
        ask: Ask,
        *,
        summary: str,
        answers: type[BaseModel] | None = None,
        filters: type[BaseModel] = NoFilters,
        after: bool | str = False,
        who: tuple[Kind, ...] = ("officer",),
        clause: str | None = None,
        seconds: float = REQUEST_SECONDS,
        documents: tuple[str, ...] = (),
        name: str | None = None,
    ) -> None:
        """`ask(cursor, query)` answers a model, a Page or a Document, in one read-only transaction.

        Where it can answer in several media types, `query.media_type` says which the caller likes best.
        `filters` is a pydantic model of the query string; a tuple field may be repeated. `after` names the consumer
        that `?after=` waits for; True: `<service>.views`.
        """
        if answers is None and not documents:
            raise ValueError(f"{path}: say what the query answers: a model, or the media types of its documents")
        waits = f"{self.service}.views" if after is True else after or None
        self._add(
            Route(
                name or ask.__name__, "query", method, self.prefix + path, who, summary, clause, 200, 0, seconds,
                answers, ask=ask, filters=filters, after=waits, documents=documents, texts=_texts(path),
            )
        )  # fmt: skip

    def upload(
        self,
        method: str,
        path: str,
        read: Read,
        *,
        summary: str,
        answers: type[BaseModel] | None = None,
        status: int = 200,
        who: tuple[Kind, ...] = ("officer",),
        clause: str | None = None,
        limit: int = 10 * MIB,
        seconds: float = 2 * REQUEST_SECONDS,
        documents: tuple[str, ...] = ("application/octet-stream",),
        name: str | None = None,
    ) -> None:
        """A raw body or a multipart form with one file; `read(upload)` makes the command of it.

        `documents`: media types that are taken, for the description.
        """
        self._add(
            Route(
                name or read.__name__, "upload", method, self.prefix + path, _writers(path, who), summary, clause,
                status, limit, seconds, answers, read=read, documents=documents, texts=_texts(path),
            )
        )  # fmt: skip

    def _add(self, route: Route) -> None:
        for other in self._routes:
            if other.name == route.name:
                raise ValueError(f"two routes are called {route.name}: give one of them name=…")
            if (other.method, PLACEHOLDER.sub("{}", other.path)) == (route.method, PLACEHOLDER.sub("{}", route.path)):
                raise ValueError(f"{route.method} {route.path} stands twice")
        self._routes.append(route)


def _writers(path: str, who: tuple[Kind, ...]) -> tuple[Kind, ...]:
    if not who or not set(who) <= set(get_args(Kind)):
        raise ValueError(f"{path}: a write needs somebody who answers for it; who=({who})")
    return who


def _texts(path: str) -> tuple[str, ...]:
    return tuple(name for name, text in PLACEHOLDER.findall(path) if text)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
