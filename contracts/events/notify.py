"""Facts of delivery: endpoints of companies, and what became of the messages to them."""

from uuid import UUID

from contracts.envelope import Event
from contracts.text import Code, Line, Paragraphs


class EndpointRegistered(Event, type="notify.endpoint-registered", version=1):
    """A company named the address of its webhook."""

    endpoint_id: UUID
    provider_id: UUID
    url: Line


class EndpointVerified(Event, type="notify.endpoint-verified", version=1):
    """The address answered a signed test message."""

    endpoint_id: UUID
    provider_id: UUID


class EndpointSecretRotated(Event, type="notify.endpoint-secret-rotated", version=1):
    """A new signing secret is in use beside the old one."""

    endpoint_id: UUID
    provider_id: UUID


class EndpointSuspended(Event, type="notify.endpoint-suspended", version=1):
    """Nothing is sent there any more; its messages are held."""

    endpoint_id: UUID
    provider_id: UUID
    reason: Paragraphs


class EndpointResumed(Event, type="notify.endpoint-resumed", version=1):
    """Held messages go out again."""

    endpoint_id: UUID
    provider_id: UUID


class WebhookDelivered(Event, type="notify.webhook-delivered", version=1):
    """The company's address answered 2xx: it received the message, no more."""

    message_id: UUID
    endpoint_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: Code
    attempts: int


class WebhookEscalated(Event, type="notify.webhook-escalated", version=1):
    """The last try failed too: a person must see to it. The message is kept."""

    message_id: UUID
    endpoint_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: Code
    attempts: int
    last_error: Line
