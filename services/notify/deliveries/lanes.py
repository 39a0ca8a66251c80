"""Leasing lanes and writing what became of an attempt. Each function is one short transaction of its caller.

A lane is one order at one endpoint. Whoever leases it raises its epoch; a result is written only while that epoch
stands, so a worker that slept through its lease changes nothing. All times are the database's, and what is written is
`now()`, one reading a transaction: a clock that is set between two readings would say a lane's times and when they
were said (`said_at`, see `clock_watch`) an hour apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.sql import Cursor
from services.notify.deliveries.queue import refresh
from services.notify.sender.port import Outcome

LEASING = 0x6C616E65  # "lane": one lease at a time, so that the limit per endpoint holds

SHORT = "set local idle_in_transaction_session_timeout = '5s'"
"""A process that is stopped in the middle of a transaction (SIGSTOP, a sleeping machine) must not hold its locks."""

LEASE = """
with due as (
    select first.endpoint_id, first.order_id, endpoint.url
    from endpoint left join pulse using (endpoint_id) cross join lateral (
        select l.endpoint_id, l.order_id, l.due_at from lane l
        where l.endpoint_id = endpoint.endpoint_id and l.due_at <= clock_timestamp()
          and (l.leased_until is null or l.leased_until < clock_timestamp())
        order by l.due_at limit 1 for update skip locked) first
    where endpoint.verified and not coalesce(endpoint.suspended, false)
      and (select count(*) from lane busy
           where busy.endpoint_id = endpoint.endpoint_id and busy.leased_until >= clock_timestamp())
          < 1 + coalesce(pulse.successes, 0)
    order by first.due_at limit 1)
update lane set epoch = epoch + 1, owner = %(owner)s, said_at = greatest(lane.said_at, now()),
    leased_until = now() + %(lease)s * interval '1 second'
from due where lane.endpoint_id = due.endpoint_id and lane.order_id = due.order_id
returning lane.endpoint_id, lane.order_id, lane.epoch, due.url, clock_timestamp()
"""
HEAD = """
select message_id, event_id, provider_id, webhook_type, body, attempts, tries, correlation_id, traceparent
from webhook where endpoint_id = %s and order_id = %s and state <> 'delivered' order by stream_version limit 1
"""
BEGIN_ATTEMPT = "insert into attempt (message_id, epoch) values (%s, %s)"
HOLD = """
select clock_timestamp() from lane where endpoint_id = %s and order_id = %s and epoch = %s and owner = %s for update
"""
RELEASE = "update lane set owner = null, leased_until = null where endpoint_id = %s and order_id = %s"
END_ATTEMPT = """
update attempt set ended_at = clock_timestamp(), status = %s, error = %s, fault = %s, answer = %s, duration_ms = %s
where message_id = %s and epoch = %s
"""
SETTLE = """
update webhook set state = %(state)s, attempts = %(attempts)s, tries = %(tries)s, last_error = %(error)s,
    settled_at = case when %(state)s = 'waiting' then null else clock_timestamp() end,
    next_attempt_at = now() + coalesce(%(pause_s)s, 0) * interval '1 second'
where message_id = %(message_id)s
"""
FEEL_PULSE = """
insert into pulse (endpoint_id, successes) values (%s, %s)
on conflict (endpoint_id) do update set successes = least(3, (pulse.successes + 1) * excluded.successes)
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lane held for one attempt of its first message."""

    endpoint_id: UUID
    order_id: UUID
    epoch: int
    owner: str
    url: str
    leased_at: datetime
    message_id: UUID
    event_id: UUID
    provider_id: UUID
    webhook_type: str
    body: bytes
    attempts: int
    """Attempts of this message whose outcome was written."""
    tries: int
    """The same, since the schedule began or began again."""
    correlation_id: UUID
    traceparent: str | None


def lease(cursor: Cursor, owner: str, lease_s: float) -> Lease | None:
    """The lane that has been due longest, of an endpoint that may get another message at once; None: nothing to do.

    A new or failing endpoint gets one message at a time, a well one up to four, so that endpoints that hang hold few
    workers.
    """
    cursor.execute(f"{SHORT}; select pg_advisory_xact_lock(%s)", (LEASING,))
    cursor.execute(LEASE, {"owner": owner, "lease": lease_s})
    row = cursor.fetchone()
    if row is None:
        return None
    endpoint_id, order_id, epoch, url, leased_at = row
    cursor.execute(HEAD, (endpoint_id, order_id))
    head = cursor.fetchone()
    if head is None:  # nothing is left in it, whatever `due_at` said
        refresh(cursor, [(endpoint_id, order_id)])
        cursor.execute(RELEASE, (endpoint_id, order_id))
        return None
    cursor.execute(BEGIN_ATTEMPT, (head[0], epoch))
    return Lease(endpoint_id, order_id, epoch, owner, url, leased_at, *head)


def hold(cursor: Cursor, held: Lease) -> datetime | None:
    """Locks the lane for writing and answers the time; None when another worker has leased it since."""
    cursor.execute(SHORT)
    cursor.execute(HOLD, (held.endpoint_id, held.order_id, held.epoch, held.owner))
    row = cursor.fetchone()
    return None if row is None else row[0]


def settle(cursor: Cursor, held: Lease, outcome: Outcome, state: str, pause_s: float | None, tries: int) -> None:
    """Writes the attempt and the message's new state, and gives the lane back. The caller holds it."""
    error = (outcome.error or "").replace("\0", " ")[:500] or None
    answer = outcome.answer or None
    ended: Sequence[Any] = (outcome.status, error, outcome.fault, answer, round(outcome.duration_s * 1000))
    cursor.execute(END_ATTEMPT, (*ended, held.message_id, held.epoch))
    settled = {"state": state, "attempts": held.attempts + 1, "tries": tries, "error": error, "pause_s": pause_s}
    cursor.execute(SETTLE, {**settled, "message_id": held.message_id})
    cursor.execute(FEEL_PULSE, (held.endpoint_id, int(outcome.received)))
    cursor.execute(RELEASE, (held.endpoint_id, held.order_id))
    refresh(cursor, [(held.endpoint_id, held.order_id)])
