"""The nameko class of a service: one entrypoint a route, all through one subclass of nameko's handler.

What a request passes: size and time limits of its body, a free worker, the route (`answering.py`), security headers.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import eventlet
import structlog
from eventlet.event import Event
from eventlet.wsgi import ChunkReadError
from nameko.extensions import DependencyProvider
from nameko.web.handlers import HttpRequestHandler
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from chassis.observe.metrics import REQUESTS_REFUSED_AT_THE_DOOR, WORKERS_RUNNING
from chassis.web import answering, problems, refusals
from chassis.web.headers import secured
from chassis.web.incoming import Incoming, correlation_id, traceparent
from chassis.web.languages import preferred
from chassis.web.listener import PROTOCOL, Listener
from chassis.web.routes import MIB, Route, Routes
from contracts.refusals import Malformed, Refusal

QUEUE_SECONDS = 5.0
"""How long a request waits for a free worker."""

CORRELATION = "phoihop.correlation"
"""Key of the WSGI environment: the request's correlation id."""

logger = structlog.get_logger("chassis.access")
Pages = Callable[[Request], Response | None]
"""Addresses beside the routes: health, metrics, documentation. None: not one of mine."""


class Application:
    """The WSGI application: pages, then routes; what has no address or another method is a problem document too."""

    def __init__(self, url_map: Map, pages: Pages) -> None:
        self.url_map, self.pages = url_map, pages

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        begun, request = perf_counter(), Request(environ, populate_request=False, shallow=True)
        correlation = uuid4()
        try:
            correlation = correlation_id(request.headers)
            response = self.pages(request) or self._routed(request, correlation)
        except Refusal as refusal:
            REQUESTS_REFUSED_AT_THE_DOOR.labels(refusal.code).inc()
            response = problems.response(refusal, str(correlation), preferred(request.headers.get("Accept-Language")))
        except Exception as error:
            response = problems.response(
                answering.as_refusal(error), str(correlation), preferred(request.headers.get("Accept-Language"))
            )
        secured(response)
        response.headers["X-Correlation-Id"] = str(correlation)
        taken = round((perf_counter() - begun) * 1000, 1)
        logger.info(
            "answered", method=request.method, path=request.path, status=response.status_code, ms=taken,
            correlation_id=str(correlation), bytes=response.content_length,
        )  # fmt: skip
        return response(environ, start_response)

    def _routed(self, request: Request, correlation: UUID) -> Response:
        try:
            provider, values = self.url_map.bind_to_environ(request.environ).match()
        except MethodNotAllowed as wrong:
            allowed = sorted(wrong.valid_methods or ())
            raise refusals.MethodNotAllowed(
                "{method} is not among the methods of this address: {allow}", method=request.method, allow=allowed
            ) from None
        except HTTPException:
            raise refusals.NoSuchPath("nothing has the address {address!r}", address=request.path[:200]) from None
        request.path_values = values  # type: ignore[attr-defined]  # ours, on a request of werkzeug
        request.environ[CORRELATION] = correlation
        response: Response = provider.handle_request(request)
        return response


class RouteListener(Listener):
    """The listener shared by the routes of one service."""

    def get_wsgi_app(self) -> Application:
        return Application(Map([self._rule(one) for one in self._providers], merge_slashes=False), self.pages)

    @property
    def pages(self) -> Pages:
        return self.container.config["pages"]  # type: ignore[no-any-return]  # from a library without types

    @staticmethod
    def _rule(provider: "RouteHandler") -> Any:
        rule = provider.get_url_rule()
        rule.endpoint = provider
        return rule


class RouteHandler(HttpRequestHandler):  # type: ignore[misc]  # its base has no types
    """The one subclass. A body is read in its connection's own green thread, so that a slow sender holds no worker."""

    server = RouteListener()

    def __init__(self, route: Route, **kwargs: Any) -> None:
        self.route = route
        super().__init__(route.method, route.rule, **kwargs)

    @property
    def _runtime(self) -> answering.Runtime:
        return self.container.config["runtime"]  # type: ignore[no-any-return]  # from a library without types

    def handle_request(self, request: Request) -> Response:
        """Raises BodyTooLarge, BodyTooSlow, Malformed, Busy; everything later is a response already."""
        incoming = Incoming(
            method=request.method,
            path=request.path_values,  # type: ignore[attr-defined]  # ours, on a request of werkzeug
            headers=request.headers,
            parameters=request.args,
            body=read_body(request.environ, self.route.limit, self._runtime.settings.body_seconds),
            correlation_id=request.environ[CORRELATION],
            traceparent=traceparent(request.headers),
        )
        done = Event()
        with eventlet.Timeout(QUEUE_SECONDS, refusals.Busy("all workers are busy; try again in a moment")):
            self.container.spawn_worker(self, (incoming,), {}, handle_result=partial(self.handle_result, done))
        response: Response = done.wait()
        return response


def read_body(environ: dict[str, Any], limit: int, seconds: float) -> bytes:
    """The whole body, at most `limit` bytes, each mebibyte within `seconds`.

    Raises BodyTooLarge before reading more, BodyTooSlow, Malformed.
    """
    stream, protocol = environ["wsgi.input"], environ[PROTOCOL]
    announced = environ.get("CONTENT_LENGTH")
    try:
        if announced and int(announced) > limit:
            raise RequestEntityTooLarge
        seconds *= max(1, limit / MIB)
        with eventlet.Timeout(
            seconds, refusals.BodyTooSlow("the body must arrive within {seconds:g} s", seconds=seconds)
        ):
            body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        protocol.refuse_rest()
        raise refusals.BodyTooLarge("a body may have {limit_bytes} bytes here", limit_bytes=limit) from None
    except refusals.BodyTooSlow:
        protocol.refuse_rest()
        raise
    except (ChunkReadError, OSError):
        protocol.refuse_rest()
        raise Malformed("the body ended early or its chunks cannot be read") from None
    if announced and len(body) < int(announced):
        protocol.refuse_rest()
        raise Malformed("the body ended after {arrived} of {announced} bytes", arrived=len(body), announced=announced)
    return body


def http_service(routes: Routes) -> type:
    """The nameko class: a method for each route, each a worker of its own with the route's time limit."""
    methods = {route.name: _entrypoint(route) for route in routes}
    fixed = {"name": routes.service, "routes": routes, "runtime": RuntimeProvider()}
    return type(f"{routes.service.title()}Http", (), fixed | methods)


class RuntimeProvider(DependencyProvider):  # type: ignore[misc]  # its base has no types
    """Hands `self.runtime` to each worker; `server.py` puts it into nameko's config."""

    def get_dependency(self, worker_ctx: Any) -> answering.Runtime:
        return worker_ctx.config["runtime"]  # type: ignore[no-any-return]  # from a library without types


def _entrypoint(route: Route) -> Any:
    def method(service: Any, incoming: Incoming) -> Response:
        with WORKERS_RUNNING.track_inprogress():
            return _within(route, incoming, service.runtime)

    method.__name__ = route.name
    return RouteHandler.decorator(route)(method)


def _within(route: Route, incoming: Incoming, runtime: answering.Runtime) -> Response:
    late = refusals.TookTooLong(
        "it took longer than {seconds:g} s; repeat the request, with the same Idempotency-Key if it has one",
        seconds=route.seconds,
    )
    try:
        with eventlet.Timeout(route.seconds, late):
            return answering.answer(route, incoming, runtime)
    except refusals.TookTooLong as refusal:
        return problems.response(refusal, str(incoming.correlation_id), incoming.language)
