"""A webhook worker: leases a lane, posts its first message with no transaction open, writes what became of it.

It may die anywhere. Before the post: the lease runs out and another worker posts. After the answer: the same message
goes out once more, same id and same bytes, and the company's own record of ids tells it so.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

import structlog

from chassis.identity.principal import service
from chassis.observe import traces
from chassis.postgres.pool import Pool
from chassis.process.crash import crash_point
from chassis.store.commands import Commands
from contracts.commands.notify import EscalateDelivery, RecordDelivery, SuspendEndpoint
from contracts.refusals import Refusal
from contracts.sql import Cursor
from services.notify import metrics
from services.notify.deliveries.lanes import Lease, hold, lease, settle
from services.notify.domain.refusals import EndpointIsSuspended
from services.notify.domain.schedule import pause_after, retry_after
from services.notify.domain.signature import SigningKey, signature_headers
from services.notify.keys import SealBroken
from services.notify.sender.port import Fault, Outcome, Post, Sender
from services.notify.vault import Vault

PRINCIPAL = service("notify")
CONTENT_TYPE = ("Content-Type", "application/json; charset=utf-8")
GONE = "The address answered 410: the company wants no more messages there. They are held until it is resumed."
UNTIL_SUSPENDED_S = 60.0
"""The read model that holds messages back follows over Kafka; until it does, nothing is sent. Resuming ends it."""

logger = structlog.get_logger("notify.worker")


@dataclass(frozen=True)
class Workshop:
    """What all workers of a process share. `chance` spreads retries; `lease_s` must be longer than any attempt."""

    pool: Pool
    commands: Commands
    vault: Vault
    sender: Sender
    schedule: Sequence[float]
    lease_s: float = 45.0
    chance: Callable[[], float] = random.random


class Worker:
    """`name` is unique among all workers of all processes."""

    def __init__(self, name: str, shop: Workshop) -> None:
        self._name, self._shop = name, shop

    def run_once(self) -> int:
        """Makes at most one attempt; answers how many. Raises Unavailable when the database is away."""
        with self._shop.pool.transaction() as cursor:
            held = lease(cursor, self._name, self._shop.lease_s)
            keys = self._keys(cursor, held) if held else ()
        if held is None:
            return 0
        crash_point("webhook.before-post")
        outcome = self._attempt(held, keys)
        crash_point("webhook.after-answer")
        self._write(held, outcome)
        return 1

    def _keys(self, cursor: Cursor, held: Lease) -> tuple[SigningKey, ...]:
        """None when they do not open: that is this endpoint's misfortune and must not stop the others."""
        try:
            return self._shop.vault.signing_keys(cursor, held.endpoint_id)
        except SealBroken as broken:
            logger.error("signing keys do not open", endpoint_id=str(held.endpoint_id), reason=str(broken))
            return ()

    def _attempt(self, held: Lease, keys: Sequence[SigningKey]) -> Outcome:
        try:
            signed = signature_headers(str(held.message_id), held.leased_at, held.body, keys)
        except ValueError as error:
            return Outcome(0.0, error=f"the message could not be signed: {error}", fault=Fault.OURS)
        with traces.span("webhook attempt", held.traceparent, "client", order_id=str(held.order_id)) as here:
            context = (("traceparent", here),) if here else ()
            return self._shop.sender.send(Post(held.url, (CONTENT_TYPE, *signed, *context), held.body))

    def _write(self, held: Lease, outcome: Outcome) -> None:
        with self._shop.pool.transaction() as cursor:
            now = hold(cursor, held)
            if now is None:
                metrics.FENCED.inc()
                logger.warning("a result came too late and was thrown away", message_id=str(held.message_id))
                return
            suspended = outcome.gone and self._suspend(cursor, held)
            verdict = self._settle(cursor, held, outcome, suspended, now)
            crash_point("webhook.during-write")
        metrics.DELIVERIES.labels(verdict).inc()
        metrics.DELIVERY_DURATION.labels(verdict).observe(outcome.duration_s)
        if verdict in ("delivered", "escalated"):
            metrics.ATTEMPTS.labels(verdict).observe(held.attempts + 1)
        logger.info(
            "attempt", verdict=verdict, message_id=str(held.message_id), order_id=str(held.order_id),
            endpoint_id=str(held.endpoint_id), attempt=held.attempts + 1, status=outcome.status, error=outcome.error,
            correlation_id=str(held.correlation_id),
        )  # fmt: skip

    def _settle(self, cursor: Cursor, held: Lease, outcome: Outcome, suspended: bool, now: datetime) -> str:
        if outcome.received:
            settle(cursor, held, outcome, "delivered", None, held.tries + 1)
            self._record(cursor, held)
            return "delivered"
        if suspended:
            settle(cursor, held, outcome, "waiting", UNTIL_SUSPENDED_S, held.tries)
            return "rejected"
        asked = retry_after(outcome.retry_after, now)
        pause_s = pause_after(held.tries + 1, self._shop.schedule, self._shop.chance(), asked)
        if pause_s is not None:
            settle(cursor, held, outcome, "waiting", pause_s, held.tries + 1)
            return "retried"
        settle(cursor, held, outcome, "escalated", None, held.tries + 1)
        self._escalate(cursor, held, outcome)
        return "escalated"

    def _suspend(self, cursor: Cursor, held: Lease) -> bool:
        """With the result, or not at all: what a worker learnt that is past its lease suspends nobody.

        False when it is refused: then 410 is a failure like others.
        """
        try:
            self._shop.commands.execute_in(
                cursor,
                SuspendEndpoint(endpoint_id=held.endpoint_id, reason=GONE),
                principal=PRINCIPAL,
                key=uuid5(held.message_id, f"gone/{held.epoch}"),
                correlation_id=held.correlation_id,
                causation_id=held.event_id,
                traceparent=held.traceparent,
            )
        except EndpointIsSuspended:
            pass
        except Refusal as refusal:
            logger.error("the endpoint cannot be suspended", endpoint_id=str(held.endpoint_id), reason=str(refusal))
            return False
        return True

    def _record(self, cursor: Cursor, held: Lease) -> None:
        command = RecordDelivery(**self._told(held))
        self._shop.commands.execute_in(
            cursor,
            command,
            principal=PRINCIPAL,
            key=uuid5(held.message_id, "delivered"),
            correlation_id=held.correlation_id,
            causation_id=held.event_id,
            traceparent=held.traceparent,
        )

    def _escalate(self, cursor: Cursor, held: Lease, outcome: Outcome) -> None:
        command = EscalateDelivery(**self._told(held), last_error=_printable(outcome.error))
        self._shop.commands.execute_in(
            cursor,
            command,
            principal=PRINCIPAL,
            key=uuid5(held.message_id, f"escalated/{held.attempts + 1}"),
            correlation_id=held.correlation_id,
            causation_id=held.event_id,
            traceparent=held.traceparent,
        )

    @staticmethod
    def _told(held: Lease) -> dict[str, Any]:
        return {
            "message_id": held.message_id,
            "endpoint_id": held.endpoint_id,
            "provider_id": held.provider_id,
            "order_id": held.order_id,
            "webhook_type": held.webhook_type,
            "attempts": held.attempts + 1,
        }


def _printable(error: str | None) -> str:
    text = "".join(character if character.isprintable() else " " for character in error or "no answer")
    return text[:500]
