"""Spans of a consumer: a message that sets something off goes on with its trace, a batch begins one of its own.

A batch, and with it every rebuild and catching up of read models, has messages of many traces, some years old: it is a
trace of its own that links to theirs. So is the replay of a message that was parked: it was tried first who knows when.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from chassis.consume.broker import Partition, Record
from chassis.consume.consumer import Reader
from chassis.consume.reading import Headers, headers_of
from chassis.observe import traces

NOTHING = nullcontext()


def consuming(
    consumer: str, reader: Reader, batched: bool, chunk: Mapping[Partition, Collection[Record]]
) -> AbstractContextManager[None]:
    """Around the transaction of what was polled. Of an unbatched consumer the last record alone may be wanted."""
    return _consuming(consumer, reader, batched, chunk) if traces.is_on() else NOTHING


@contextmanager
def _consuming(
    consumer: str, reader: Reader, batched: bool, chunk: Mapping[Partition, Collection[Record]]
) -> Iterator[None]:
    wanted = [
        _context_of(headers)
        for records in chunk.values()
        for record in records
        if reader.is_wanted(headers := headers_of(record))
    ]
    parents = [one for one in wanted if one is not None]
    if not wanted:
        yield
    elif batched:
        with traces.span(f"consume {consumer}", None, "consumer", links=parents, messages=len(wanted)):
            yield
    else:
        with traces.span(f"consume {consumer}", parents[-1] if parents else None, "consumer", messages=len(wanted)):
            yield


def replaying(consumer: str, headers: Headers) -> AbstractContextManager[object]:
    """Around one message that was parked."""
    if not traces.is_on():
        return NOTHING
    parent = _context_of(headers)
    return traces.span(f"replay {consumer}", None, "consumer", links=[parent] if parent else [], anew=True)


def _context_of(headers: Headers) -> str | None:
    text = headers.get("traceparent", b"").decode("utf-8", "replace")
    return text if traces.is_context(text) else None
