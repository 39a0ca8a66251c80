"""Events that a company is told become messages in the queue, in the batch's own transaction.

The queue is no read model and is never rebuilt. Applied again, an event finds its message there already, because the
message's id derives from the event's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.consume.reading import EventReader
from contracts.catalogue import TypeKey
from contracts.envelope import Event, Received
from contracts.events.notify import EndpointResumed, EndpointVerified
from contracts.sql import Cursor
from services.notify.domain.endpoint import endpoint_id_of
from services.notify.domain.message import CARRIED, message_of

Lane = tuple[UUID, UUID]
"""(endpoint id, order id)."""

MAKE_LANES = "insert into lane (endpoint_id, order_id) values %s on conflict do nothing"
LOCK_LANES = """
select 1 from lane where (endpoint_id, order_id) in (select * from unnest(%s::uuid[], %s::uuid[]))
order by endpoint_id, order_id for update
"""
ENQUEUE = """
insert into webhook (message_id, event_id, endpoint_id, provider_id, order_id, stream_version, webhook_type, body,
                     correlation_id, traceparent)
values %s on conflict (message_id) do nothing
"""
REFRESH = """
update lane set said_at = greatest(said_at, now()), due_at = (
    select case w.state when 'waiting' then w.next_attempt_at end from webhook w
    where w.endpoint_id = lane.endpoint_id and w.order_id = lane.order_id and w.state <> 'delivered'
    order by w.stream_version limit 1)
where (endpoint_id, order_id) in (select * from unnest(%s::uuid[], %s::uuid[]))
"""
HELD_LANES = """
select distinct endpoint_id, order_id from webhook where endpoint_id = %s and state <> 'delivered' order by 1, 2
"""
BEGIN_AGAIN = """
update webhook set state = 'waiting', tries = 0, settled_at = null,
                   next_attempt_at = least(next_attempt_at, now())
where endpoint_id = %s and (state = 'waiting' or state = 'escalated' and settled_at < %s)
"""


class Queue:
    """The member of the consumer `notify.deliveries`."""

    batched = True
    versioned = False
    wants: tuple[type[Event], ...] = (*CARRIED, EndpointVerified, EndpointResumed)

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> EventReader:
        return EventReader(catalogue, self.wants)

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Received]) -> None:  # noqa: ARG002
        enqueue(cursor, batch)
        for received in batch:
            if isinstance(received.event, EndpointVerified | EndpointResumed):
                begin_again(cursor, received.event.endpoint_id, received.envelope.sequenced_at)


def enqueue(cursor: Cursor, batch: Sequence[Received]) -> None:
    """Messages for their addressees' endpoints, whether these are registered yet or not."""
    rows = []
    for received in batch:
        envelope = received.envelope
        message = message_of(received.event, envelope.event_id, envelope.occurred_at)
        if message is not None:
            rows.append(
                (
                    message.message_id,
                    envelope.event_id,
                    endpoint_id_of(envelope.scope, message.provider_id),
                    message.provider_id,
                    message.order_id,
                    envelope.stream_version,
                    message.webhook_type,
                    message.body,
                    envelope.metadata.correlation_id,
                    envelope.metadata.traceparent,
                )
            )
    if rows:
        lanes = sorted({(row[2], row[4]) for row in rows})
        cursor.execute_values(MAKE_LANES, lanes)
        lock(cursor, lanes)
        cursor.execute_values(ENQUEUE, rows)
        refresh(cursor, lanes)


def begin_again(cursor: Cursor, endpoint_id: UUID, known_at: datetime) -> None:
    """Held messages go out now, and those escalated before `known_at` begin their schedule from the start."""
    cursor.execute(HELD_LANES, (endpoint_id,))
    lanes = [(lane[0], lane[1]) for lane in cursor.fetchall()]
    if lanes:
        lock(cursor, lanes)
        cursor.execute(BEGIN_AGAIN, (endpoint_id, known_at))
        refresh(cursor, lanes)


def lock(cursor: Cursor, lanes: Iterable[Lane]) -> None:
    """Holds these lanes until the end of the transaction, taken in one order by everybody."""
    cursor.execute(LOCK_LANES, columns(lanes))
    cursor.fetchall()


def refresh(cursor: Cursor, lanes: Iterable[Lane]) -> None:
    """Says anew when each lane is due. The caller holds them, so that nothing is said from an old view."""
    cursor.execute(REFRESH, columns(lanes))


def columns(lanes: Iterable[Lane]) -> tuple[list[UUID], list[UUID]]:
    endpoints, orders = [], []
    for endpoint_id, order_id in lanes:
        endpoints.append(endpoint_id)
        orders.append(order_id)
    return endpoints, orders
