"""What a company is told, and in which words: the body of a webhook, made once from an event and never again.

Body: {"type": …, "timestamp": …, "data": {…}} as Standard Webhooks has it; `timestamp` is when it happened. An order
comes with its document as issued (canonical JSON), the detached Ed25519 signature of the DIC and the key's id, because
the transport's signature is good for five minutes only.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.events.enforcement import (
    ContractTerminationDemanded,
    LineCutRequested,
    ObjectionDecided,
    OrderWithdrawn,
)

CONTRACT_TERMINATION = "contract-termination"
CARRIED = (ContractTerminationDemanded, LineCutRequested, ObjectionDecided, OrderWithdrawn)
TEST_TYPE = "notify.endpoint-test"


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One message of a lane. `body` are the bytes of every attempt."""

    message_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: str
    body: bytes


def message_of(event: Event, event_id: UUID, occurred_at: datetime) -> WebhookMessage | None:
    """The message to the addressee of an order, or None for what no company is told."""
    match event:
        case ContractTerminationDemanded():
            data = _order(event, CONTRACT_TERMINATION)
        case LineCutRequested():
            data = _order(event, event.kind)
        case ObjectionDecided():
            data = {
                "order_id": str(event.order_id),
                "kind": event.kind,
                "upheld": event.upheld,
                "reason": event.reason,
                "report_back_at": _moment(event.report_back_at) if event.report_back_at else None,
            }
        case OrderWithdrawn():
            data = {"order_id": str(event.order_id), "kind": event.kind, "reason": event.reason}
        case _:
            return None
    return WebhookMessage(
        message_id=uuid5(event_id, "webhook"),
        provider_id=event.addressee_id,
        order_id=event.order_id,
        webhook_type=event.message_type,
        body=body_of(event.message_type, occurred_at, data),
    )


def body_of(webhook_type: str, moment: datetime, data: dict[str, Any]) -> bytes:
    """UTF-8, no spaces, members in this order."""
    body = {"type": webhook_type, "timestamp": _moment(moment), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _order(event: ContractTerminationDemanded | LineCutRequested, kind: str) -> dict[str, Any]:
    return {
        "order_id": str(event.order_id),
        "kind": kind,
        "document": event.document,
        "signature": event.signature,
        "key_id": event.key_id,
        "report_back_at": _moment(event.report_back_at),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
