"""A process manager is an aggregate: it answers messages with events of its own stream and timers, never with commands.

Its state is the fold of its stream. What another service must do *is* one of its events, to which that service reacts.
`correlation(manager, key, stream_id)` finds the streams a message is about; it is written with the events.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid5

from chassis.consume.failures import Transient
from chassis.consume.message import Received
from chassis.consume.reading import EventReader
from chassis.identity.principal import service
from chassis.store.append import append
from chassis.store.decision import Change, Decision, Timer
from chassis.store.load import Fold, load
from chassis.timers.clocks import CLOCKS, Clocks
from chassis.timers.due import TimerDue
from contracts.catalogue import TypeKey
from contracts.envelope import Event, Metadata, follow
from contracts.refusals import StaleVersion
from contracts.sql import Cursor

S = TypeVar("S")

FIND = "select distinct stream_id from public.correlation where manager = %s and key = any(%s::text[]) order by 1"
REMEMBER = "insert into public.correlation (manager, key, stream_id) values %s on conflict do nothing"


def begins_nothing(message: Any) -> UUID | None:  # noqa: ARG001 - the form they all have
    return None


def no_keys(message: Any) -> Iterable[str]:  # noqa: ARG001 - the form they all have
    return ()


@dataclass(frozen=True)
class ProcessManager(Generic[S]):
    """Messages in, events of its own streams out. One transaction a message.

    correlate: keys a message bears; it concerns every stream that knows one of them. Its own events teach the stream
        their keys, and so does the message that begins it.
    begins: the stream a message begins or belongs to by itself, None for most.
    react: what comes late, twice or from elsewhere answers nothing.
    """

    name: str
    category: str
    wants: tuple[type[Event], ...]
    react: Callable[[S, Any], Iterator[Event | Timer]]
    evolve: Callable[[S, Event], S]
    initial: S
    correlate: Callable[[Any], Iterable[str]] = no_keys
    begins: Callable[[Any], UUID | None] = begins_nothing
    service: str = ""
    """The name of its service; the part of `name` before the first dot if not given."""
    clocks: Clocks = CLOCKS
    fold: Fold[S] | None = None
    """How its streams are loaded, if not simply by `evolve` over the catalogue."""

    batched = False
    versioned = False

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> EventReader:
        return EventReader(catalogue, self.wants)

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Received[Any]]) -> None:  # noqa: ARG002
        for received in batch:
            begun = self.begins(received.event)
            keys = set(self.correlate(received.event))
            metadata = follow(received.envelope, self._actor)
            streams = self._streams(cursor, keys)
            if begun is not None and begun not in streams:
                streams.append(begun)
            for stream_id in streams:
                known = keys if stream_id == begun else set()
                self._step(
                    cursor,
                    stream_id,
                    received.event,
                    received.envelope.event_id,
                    metadata,
                    received.envelope.scope,
                    known,
                )

    def fire(self, cursor: Cursor, due: TimerDue, metadata: Metadata, scope: str) -> None:
        """A timer of one of its streams is due."""
        self._step(cursor, due.stream_id, due, due.timer_id, replace_actor(metadata, self._actor), scope, set())

    @property
    def _actor(self) -> str:
        return service(self.service or self.name.partition(".")[0]).name

    def _streams(self, cursor: Cursor, keys: set[str]) -> list[UUID]:
        if not keys:
            return []
        cursor.execute(FIND, (self.name, sorted(keys)))
        return [stream_id for (stream_id,) in cursor.fetchall()]

    def _step(
        self,
        cursor: Cursor,
        stream_id: UUID,
        message: Event | TimerDue,
        cause: UUID,
        metadata: Metadata,
        scope: str,
        keys: set[str],
    ) -> None:
        """Raises Transient when somebody else wrote to the stream meanwhile."""
        loaded = load(cursor, self.fold or Fold(self.category, self.initial, self.evolve), stream_id)
        answers = list(self.react(loaded.state, message))
        events = tuple(answer for answer in answers if isinstance(answer, Event))
        timers = tuple(replace(answer, stream_id=stream_id) for answer in answers if isinstance(answer, Timer))
        for event in events:
            keys |= set(self.correlate(event))
        if keys:
            cursor.execute_values(REMEMBER, [(self.name, key, stream_id) for key in sorted(keys)])
        if not answers:
            return
        change = Change(stream_id, self.category, loaded.version, events)
        try:
            append(
                cursor,
                scope=scope,
                principal=self._actor,
                command_id=uuid5(cause, f"{self.name}/{stream_id}"),
                request_digest=sha256(cause.bytes + stream_id.bytes).digest(),
                decision=Decision(changes=(change,) if events else (), timers=timers),
                metadata=metadata,
                recorded_at=self.clocks.wall.now(cursor),
            )
        except StaleVersion as race:
            raise Transient(str(race)) from race


def replace_actor(metadata: Metadata, actor: str) -> Metadata:
    return metadata.model_copy(update={"actor": actor})
