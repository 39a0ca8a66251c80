"""From a stream's events to its state."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar
from uuid import UUID

from contracts import catalogue
from contracts.catalogue import TypeKey
from contracts.envelope import Event
from contracts.sql import Cursor

S = TypeVar("S")

LOAD = """
select wanted.stream_id, e.version, e.type, e.schema_version, e.data::text
from unnest(%s::uuid[]) as wanted (stream_id) cross join lateral (
    select version, type, schema_version, data from public.event
    where stream_id = wanted.stream_id
      and exists (select from public.stream s where s.stream_id = wanted.stream_id and s.category = %s)
    order by version) e
"""
"""Stream by stream through the index, whatever the planner believes: a join reads every stream of the category while a
young table has no statistics."""

LOAD_ONE = "select version, type, schema_version, data from public.load_stream(%s, %s)"


class UnknownStoredType(Exception):
    """The store holds an event that this code has no model for: the code is older than its database."""


@dataclass(frozen=True)
class Fold(Generic[S]):
    """How the streams of one category become state. `evolve` ignores events it does not know what to do with."""

    category: str
    initial: S
    evolve: Callable[[S, Event], S]
    events: Callable[[], Mapping[TypeKey, type[Event]]] = catalogue.events
    """Where models are looked up."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A state and the version it is true of; version 0: there is no such stream in this category."""

    state: S
    version: int


def load(cursor: Cursor, fold: Fold[S], stream_id: UUID) -> Loaded[S]:
    """Raises UnknownStoredType, and whatever `evolve` raises."""
    cursor.execute(LOAD_ONE, (stream_id, fold.category))
    return folded(fold, cursor.fetchall())


def folded(fold: Fold[S], rows: Iterable[tuple[int, str, int, str]]) -> Loaded[S]:
    """From (version, type, schema version, data) of one stream's events, in order. Raises as `load`."""
    state, version = fold.initial, 0
    read, evolve = _reader(fold), fold.evolve
    for place, kind, schema_version, data in rows:
        state, version = evolve(state, read(kind, schema_version, data)), place
    return Loaded(state, version)


def load_many(cursor: Cursor, fold: Fold[S], stream_ids: Collection[UUID]) -> dict[UUID, Loaded[S]]:
    """One round trip; every id that was asked for is a key of the answer."""
    cursor.execute(LOAD, (list(stream_ids), fold.category))
    read = _reader(fold)
    states = dict.fromkeys(stream_ids, fold.initial)
    versions = dict.fromkeys(stream_ids, 0)
    for stream_id, version, kind, schema_version, data in cursor.fetchall():
        states[stream_id] = fold.evolve(states[stream_id], read(kind, schema_version, data))
        versions[stream_id] = version
    return {stream_id: Loaded(states[stream_id], versions[stream_id]) for stream_id in states}


def _reader(fold: Fold[S]) -> Callable[[str, int, str], Event]:
    """(type, schema version, data) → event. What it returns raises UnknownStoredType."""
    models = _models(fold.events)

    def read(kind: str, schema_version: int, data: str) -> Event:
        model = models.get((kind, schema_version))
        if model is None:
            raise UnknownStoredType(f"{kind} version {schema_version} in a stream of {fold.category}")
        return model.model_validate_json(data)

    return read


@cache
def _models(events: Callable[[], Mapping[TypeKey, type[Event]]]) -> Mapping[TypeKey, type[Event]]:
    return events()
