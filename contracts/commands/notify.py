"""What may be asked of notify."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.envelope import Command
from contracts.text import Code, Line, Paragraphs

Url = Annotated[Line, Field(max_length=2_000, pattern=r"^https?://")]


class RegisterEndpoint(Command, type="notify.register-endpoint", version=1):
    """Name the address of a company's webhook. The signing secret is shown once, in the answer."""

    provider_id: UUID
    url: Url


class VerifyEndpoint(Command, type="notify.verify-endpoint", version=1):
    """Enter that the address answered a signed test message."""

    endpoint_id: UUID


class RotateEndpointSecret(Command, type="notify.rotate-endpoint-secret", version=1):
    """Make a new signing secret; the old one stays valid for a while beside it."""

    endpoint_id: UUID


class SuspendEndpoint(Command, type="notify.suspend-endpoint", version=1):
    """Send nothing there any more; hold its messages."""

    endpoint_id: UUID
    reason: Paragraphs


class ResumeEndpoint(Command, type="notify.resume-endpoint", version=1):
    """Send held messages again."""

    endpoint_id: UUID


class RecordDelivery(Command, type="notify.record-delivery", version=1):
    """Enter that a message was received (a worker's command)."""

    message_id: UUID
    endpoint_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: Code
    attempts: int


class EscalateDelivery(Command, type="notify.escalate-delivery", version=1):
    """Enter that the last try failed (a worker's command)."""

    message_id: UUID
    endpoint_id: UUID
    provider_id: UUID
    order_id: UUID
    webhook_type: Code
    attempts: int
    last_error: Line
