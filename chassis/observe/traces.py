"""Spans of OpenTelemetry, off unless `PHOIHOP_TRACES` says where they go.

The trace context itself always travels, in `traceparent`: of the request, of each event's metadata, of the Kafka
header, of the webhook. What is switched on here are spans beside it. Parents are given as text; within a process the
innermost open span of the same trace is the parent. While off nothing of OpenTelemetry is imported.

`file:<path>` appends each span, ended, as one line of JSON; several processes may share the file. OTLP is left out: its
exporters bring grpc or protobuf along, and a collector can read the file.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from contracts.envelope import Metadata

Kind = Literal["internal", "server", "client", "producer", "consumer"]
FILE = "file:"
CONTEXT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
MOST_LINKS = 128
"""OpenTelemetry's own limit of links of one span."""


ANEW = ContextVar("chassis.traces.anew", default=False)
"""Whether the open span has what is done inside it leave its old trace."""


class _Switch:
    tracer: Any = None


def start(setting: str, service: str, role: str) -> None:
    """Called once, when the process starts. `setting`: `off` or `file:<path>`. Raises OSError for the path."""
    if not setting.startswith(FILE):
        return
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    resource = Resource({"service.name": service, "service.instance.id": f"{service}-{role}"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(_to_file(setting.removeprefix(FILE))))
    _Switch.tracer = provider.get_tracer("phoihop")


def is_context(text: str) -> bool:
    """Whether it is a `traceparent` of W3C's version 00."""
    return CONTEXT.fullmatch(text) is not None


def is_on() -> bool:
    """For what would be done for each message."""
    return _Switch.tracer is not None


@contextmanager
def span(
    name: str,
    parent: str | None,
    kind: Kind = "internal",
    *,
    links: Iterable[str] = (),
    anew: bool = False,
    **attributes: Any,
) -> Iterator[str | None]:
    """A span until the block ends, and its traceparent; while off `parent` itself.

    Without `parent` a new trace begins. `links`: traceparents of other traces that this one has to do with. `anew`:
    what is done inside belongs to this trace, whatever trace it was part of when it was tried first.
    """
    if _Switch.tracer is None:
        yield parent
        return
    linked = [_link(one) for one in list(links)[:MOST_LINKS]]
    before = ANEW.set(anew or ANEW.get())
    try:
        with _Switch.tracer.start_as_current_span(name, _parent(parent), _kind(kind), attributes, linked):
            yield _here()
    finally:
        ANEW.reset(before)


def begin(name: str, parents: Sequence[str], **attributes: Any) -> list[Any]:
    """A span of a sender for each message, to be ended by `end`; one that never is leaves no trace."""
    kind = _kind("producer")
    return [_Switch.tracer.start_span(name, _parent(parent), kind, attributes) for parent in parents]


def end(spans: Iterable[Any]) -> None:
    """What was begun is done."""
    for one in spans:
        one.end()


def continued(metadata: Metadata) -> Metadata:
    """The metadata of what is written while a span of its trace is open: what follows goes on from that span."""
    if _Switch.tracer is None or metadata.traceparent is None:
        return metadata
    here = _here()
    if here is None or not _goes_on(here, metadata.traceparent):
        return metadata
    return metadata.model_copy(update={"traceparent": here})


def _parent(traceparent: str | None) -> Any:
    """The context to begin a span in: never one of another trace."""
    from opentelemetry.context import Context

    here = _here()
    if traceparent is None:
        return Context()
    return None if here is not None and _goes_on(here, traceparent) else _context(traceparent)


def _goes_on(here: str, traceparent: str) -> bool:
    """Whether what belongs to `traceparent` is part of the span that is open here."""
    return ANEW.get() or here.split("-")[1] == traceparent.split("-")[1]


def _context(traceparent: str) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())


def _here() -> str | None:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _link(traceparent: str) -> Any:
    from opentelemetry import trace

    return trace.Link(trace.get_current_span(_context(traceparent)).get_span_context())


def _kind(kind: Kind) -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind[kind.upper()]


def _to_file(path: str) -> Any:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    class ToFile(SpanExporter):
        def export(self, spans: Sequence[Any]) -> Any:
            for one in spans:  # one write each: whole lines, whoever else appends
                os.write(file, (one.to_json(indent=None) + "\n").encode())
            return SpanExportResult.SUCCESS

    return ToFile()
