"""From a request that was read in full to its response, for each kind of route. Nothing here knows the server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from urllib.parse import quote, urlencode

import psycopg2
import structlog
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from chassis.consume.after import wait_until_seen
from chassis.identity.door import Doorkeeper
from chassis.identity.principal import Principal
from chassis.observe import logs, traces
from chassis.observe.metrics import ENTRYPOINT_DURATION
from chassis.postgres.pool import Contended, Pool, PoolExhausted, TimedOut, Unavailable
from chassis.process.crash import crash_point
from chassis.settings import Settings
from chassis.store.commands import Commands, command_id_of
from chassis.timers.clocks import Clocks
from chassis.web import bodies, parameters, problems
from chassis.web.incoming import Incoming, expected_version, idempotency_key
from chassis.web.pages import Page
from chassis.web.refusals import Busy, DatabaseAway, TookTooLong, Unexpected
from chassis.web.routes import Document, Query, Route
from chassis.web.validators import validated
from contracts.refusals import Forbidden, Refusal
from contracts.sql import Cursor

AFTER_TIMEOUT_SECONDS = 2.0

logger = structlog.get_logger("chassis.web")


BAD_GATEWAY = 502
"""Somebody else's server failed, not ours: a refusal."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the routes of one process work with."""

    settings: Settings
    pool: Pool
    commands: Commands
    doorkeeper: Doorkeeper
    clocks: Clocks

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """A short read-only transaction."""
        with self.pool.transaction(read_only=True) as cursor:
            yield cursor


def answer(route: Route, incoming: Incoming, runtime: Runtime) -> Response:
    """Never raises but for signals of the process: every failure becomes a problem document."""
    parent = incoming.traceparent if incoming.continues_a_trace else None
    with traces.span(f"{route.method} {route.open_path}", parent, "server") as here:
        return _answered(route, replace(incoming, traceparent=here or incoming.traceparent), runtime)


def _answered(route: Route, incoming: Incoming, runtime: Runtime) -> Response:
    begun = perf_counter()
    logs.bind(correlation_id=incoming.correlation_id, traceparent=incoming.traceparent, route=route.name)
    try:
        response, outcome = KINDS[route.kind](route, incoming, runtime), "ok"
    except Exception as error:
        refusal = as_refusal(error)
        response = problems.response(refusal, str(incoming.correlation_id), incoming.language)
        outcome = "error" if refusal.status >= 500 and refusal.status != BAD_GATEWAY else "refused"
    finally:
        logs.clear()
    ENTRYPOINT_DURATION.labels(route.name, route.kind, outcome).observe(perf_counter() - begun)
    return response


def as_refusal(error: Exception) -> Refusal:
    """What a caller may know of an error. The text of our own failures goes to the log alone."""
    match error:
        case Refusal():
            return error
        case (
            PoolExhausted()
            | Contended()
            | psycopg2.extensions.TransactionRollbackError()
            | psycopg2.errors.LockNotAvailable()
        ):
            return Busy(
                "too many requests want the same thing; repeat the request, with the same Idempotency-Key if it has one"
            )
        case TimedOut() | psycopg2.errors.QueryCanceled():
            return TookTooLong(
                "the database took too long; repeat the request, with the same Idempotency-Key if it has one"
            )
        case (
            Unavailable()
            | psycopg2.OperationalError()
            | psycopg2.InterfaceError()
            | psycopg2.errors.IdleInTransactionSessionTimeout()
        ):
            logger.warning("the database is away", reason=str(error).strip())
            return DatabaseAway(
                "the database cannot be reached now; repeat the request, with the same Idempotency-Key if it has one"
            )
        case _:
            logger.error("a request broke", exc_info=error)
            return Unexpected("something broke here; tell us the correlation id and we can look it up")


def _command(route: Route, incoming: Incoming, runtime: Runtime) -> Response:
    principal = _admitted(route, incoming, runtime)
    key, version = idempotency_key(incoming.headers), expected_version(incoming.headers)
    upload = route.kind == "upload"
    command = bodies.uploaded(route, incoming, principal) if upload else bodies.command(route, incoming)
    done = runtime.commands.execute(
        runtime.pool,
        command,
        principal=principal,
        key=key,
        expected_version=version,
        correlation_id=incoming.correlation_id,
        traceparent=incoming.traceparent,
    )
    crash_point("http.after-commit")
    revealed = route.reveal(command_id_of(principal, key), runtime.settings) if route.reveal else {}
    response = _json(json.dumps(done.response | dict(revealed), ensure_ascii=False), route.status)
    if done.after:
        response.headers["After"] = done.after
    if done.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _query(route: Route, incoming: Incoming, runtime: Runtime) -> Response:
    assert route.ask is not None
    principal = _admitted(route, incoming, runtime) if route.who else None
    filters = parameters.filters(route, incoming.parameters)
    page = parameters.page(route, incoming, filters)
    after = parameters.after(route, incoming)
    if after and route.after:
        wait_until_seen(runtime.pool, route.after, after, timeout=AFTER_TIMEOUT_SECONDS)
    with runtime.reading() as cursor:
        now = runtime.clocks.wall.now(cursor)
        today = runtime.clocks.calendar.today(now)
        media_type = preferred(route, incoming.headers.get("Accept"))
        query = Query(principal, incoming.path, filters, page, runtime.settings.scope, now, today, media_type)
        found = route.ask(cursor, query)
    response = _document(found) if isinstance(found, Document) else _json(found.model_dump_json(), route.status)
    depends_on = [*(["Accept"] if len(route.offers) > 1 else []), *(["Authorization"] if route.who else [])]
    if depends_on:
        response.headers["Vary"] = ", ".join(depends_on)
    if isinstance(found, Page) and found.next_cursor:
        kept = [
            (name, value) for name, value in incoming.parameters.items(multi=True) if name not in ("cursor", "after")
        ]
        response.headers["Link"] = f'<?{urlencode([*kept, ("cursor", found.next_cursor)])}>; rel="next"'
    return validated(response, found, incoming.headers.get("If-None-Match"))


KINDS: dict[str, Callable[[Route, Incoming, Runtime], Response]] = {
    "command": _command,
    "upload": _command,
    "query": _query,
}


def _admitted(route: Route, incoming: Incoming, runtime: Runtime) -> Principal:
    principal = runtime.doorkeeper.identify(incoming.headers.get("Authorization"), runtime.reading)
    if principal.kind not in route.who:
        raise Forbidden("this is for {wanted}; you are known as {known}", wanted=list(route.who), known=principal.kind)
    return principal


def preferred(route: Route, accepted: str | None) -> str:
    """The media type to answer in. Who accepts none of those the route offers gets the first, rather than nothing."""
    accept = parse_accept_header(accepted or "*/*", MIMEAccept)
    return accept.best_match(route.offers, default=route.offers[0]) or route.offers[0]


def _document(found: Document) -> Response:
    response = Response(found.content, mimetype=found.media_type)
    if found.filename:
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.filename)}"
    return response


def _json(text: str, status: int) -> Response:
    return Response(text, status=status, mimetype="application/json")
