"""One message's fate, as facts: received by the company's address, or handed to a person after the last try."""

from dataclasses import dataclass, replace

from contracts.commands.notify import EscalateDelivery, RecordDelivery
from contracts.envelope import Event
from contracts.events.notify import WebhookDelivered, WebhookEscalated

CATEGORY = "delivery"


@dataclass(frozen=True, slots=True)
class Delivery:
    delivered: bool = False
    escalations: int = 0


def record(delivery: Delivery, command: RecordDelivery) -> tuple[WebhookDelivered, ...]:
    """Nothing when it is recorded already: a worker may have died between its write and its next step."""
    return () if delivery.delivered else (WebhookDelivered(**command.model_dump()),)


def escalate(delivery: Delivery, command: EscalateDelivery) -> tuple[WebhookEscalated, ...]:
    """Each time the schedule is used up, also after a person had it start over; never once it was delivered."""
    return () if delivery.delivered else (WebhookEscalated(**command.model_dump()),)


def evolve(delivery: Delivery, event: Event) -> Delivery:
    match event:
        case WebhookDelivered():
            return replace(delivery, delivered=True)
        case WebhookEscalated():
            return replace(delivery, escalations=delivery.escalations + 1)
        case _:
            return delivery
