"""What a service does when it hears of something: events in, commands of its own out.

    EVENTS = {OrderExecuted: apply_execution}

    def apply_execution(received, context) -> Iterable[Command]: ...

Each command is executed under an id that derives from the event, the consumer and its place in the answer, in the same
transaction as the watermark: it takes effect once. A command that is refused parks the event, for a person to see.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn
from uuid import UUID, uuid5

from chassis.consume.failures import Transient
from chassis.consume.message import Received
from chassis.consume.reading import EventReader
from chassis.identity.principal import Principal, service
from chassis.store.commands import Commands
from chassis.store.context import Context, Request
from chassis.timers.clocks import CLOCKS, Clocks
from contracts.catalogue import TypeKey
from contracts.envelope import Command, Event, follow
from contracts.refusals import StaleVersion
from contracts.sql import Cursor

Reaction = Callable[[Any, Context], Iterable[Command]]
"""(received, context) → commands, in order. Typed `Any` so that each reaction can name its own event."""


class Reactions:
    """`Reactions(EVENTS, commands)`: one transaction a message."""

    batched = False
    versioned = False

    def __init__(self, reactions: Mapping[type[Any], Reaction], commands: Commands, clocks: Clocks = CLOCKS) -> None:
        self._reactions = reactions
        self._commands = commands
        self._clocks = clocks
        self._principal = service(commands.service)

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> EventReader:
        return EventReader(catalogue, self._reactions)

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Received[Any]]) -> None:
        for received in batch:
            metadata = follow(received.envelope, self._principal.name)
            event_id = received.envelope.event_id
            context = context_of(
                cursor, uuid5(event_id, consumer), self._principal, metadata, self._clocks, self._commands.scope
            )
            for index, command in enumerate(self._reactions[type(received.event)](received, context)):
                key = uuid5(event_id, f"{consumer}/{index}")
                try:
                    self._commands.execute_in(cursor, command, principal=self._principal, key=key, metadata=metadata)
                except StaleVersion as race:
                    raise Transient(str(race)) from race


def context_of(
    cursor: Cursor, command_id: UUID, principal: Principal, metadata: Any, clocks: Clocks, scope: str
) -> Context:
    """What a reaction or a timer may ask while it chooses its commands; powers are asked for by their handlers."""
    now = clocks.wall.now(cursor)
    request = Request(command_id, b"", principal, metadata, None)
    return Context(request, cursor, _no_powers, clocks, scope, now)


def _no_powers(**asked: Any) -> NoReturn:
    raise LookupError(f"{asked['action']}: a reaction asks for no power, the handler of its command does")
