"""The commands of notify: endpoints for companies and officers, deliveries for the workers.

Answers: an endpoint's id and state; after a registration or rotation the new secret beside it (endpoint_commands.py).
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.store.context import Context
from chassis.store.decision import Change, Decision
from chassis.store.load import Fold, Loaded
from contracts.commands.notify import (
    EscalateDelivery,
    RecordDelivery,
    RegisterEndpoint,
    ResumeEndpoint,
    RotateEndpointSecret,
    SuspendEndpoint,
    VerifyEndpoint,
)
from contracts.envelope import Command, Event
from services.notify.domain import delivery as deliveries
from services.notify.domain import endpoint as endpoints
from services.notify.domain.delivery import Delivery
from services.notify.domain.endpoint import Endpoint
from services.notify.domain.refusals import UnknownEndpoint

ENDPOINT = Fold(endpoints.CATEGORY, Endpoint(), endpoints.evolve)
DELIVERY = Fold(deliveries.CATEGORY, Delivery(), deliveries.evolve)

MANAGE = "endpoint.register"
"""The action of everything that is done to an endpoint: an officer who keeps the register, or the company itself."""

MakeSecret = Callable[[Context, UUID], None]
"""Makes a signing key for an endpoint in the command's transaction."""

ESCALATED = "select count(*) from webhook where endpoint_id = %s and state = 'escalated'"


class Endpoints:
    """The handlers that need a new secret are methods; `make_secret` is the vault's."""

    def __init__(self, make_secret: MakeSecret) -> None:
        self._make_secret = make_secret

    def register(self, command: RegisterEndpoint, context: Context) -> Decision:
        """Raises EndpointUnchanged, TooManySecrets, UnknownEndpoint for another company's."""
        must_be_own(context.principal.company_id, command.provider_id)
        context.require(MANAGE, company_id=command.provider_id)
        endpoint_id = endpoints.endpoint_id_of(context.scope, command.provider_id)
        endpoint = context.load(ENDPOINT, endpoint_id)
        registered = endpoints.register(endpoint.state, command, endpoint_id)
        self._make_secret(context, endpoint_id)
        return _changed(endpoint_id, endpoint, (registered,))

    def rotate_secret(self, command: RotateEndpointSecret, context: Context) -> Decision:
        """Raises UnknownEndpoint, TooManySecrets."""
        endpoint = _own(context, command.endpoint_id)
        rotated = endpoints.rotate_secret(endpoint.state, command.endpoint_id)
        self._make_secret(context, command.endpoint_id)
        return _changed(command.endpoint_id, endpoint, (rotated,))


def verify(command: VerifyEndpoint, context: Context) -> Decision:
    """The test message was answered with 2xx just before (endpoint_commands.py). Raises UnknownEndpoint."""
    endpoint = _own(context, command.endpoint_id)
    return _changed(command.endpoint_id, endpoint, endpoints.verify(endpoint.state, command))


def suspend(command: SuspendEndpoint, context: Context) -> Decision:
    """Raises UnknownEndpoint, EndpointIsSuspended."""
    endpoint = _own(context, command.endpoint_id)
    return _changed(command.endpoint_id, endpoint, (endpoints.suspend(endpoint.state, command),))


def resume(command: ResumeEndpoint, context: Context) -> Decision:
    """Raises UnknownEndpoint, EndpointIsNotSuspended."""
    endpoint = _own(context, command.endpoint_id)
    ((escalated,),) = context.query(ESCALATED, (command.endpoint_id,))
    return _changed(command.endpoint_id, endpoint, (endpoints.resume(endpoint.state, command, escalated),))


def record_delivery(command: RecordDelivery, context: Context) -> Decision:
    delivery = context.load(DELIVERY, command.message_id)
    return _settled(command.message_id, delivery, deliveries.record(delivery.state, command))


def escalate_delivery(command: EscalateDelivery, context: Context) -> Decision:
    delivery = context.load(DELIVERY, command.message_id)
    return _settled(command.message_id, delivery, deliveries.escalate(delivery.state, command))


def must_be_own(company_id: UUID | None, provider_id: UUID | None) -> None:
    """What is another company's looks as if it were not there. Raises UnknownEndpoint."""
    if company_id is not None and company_id != provider_id:
        raise UnknownEndpoint("There is no such endpoint.")


def _own(context: Context, endpoint_id: UUID) -> Loaded[Endpoint]:
    endpoint = context.load(ENDPOINT, endpoint_id)
    must_be_own(context.principal.company_id, endpoint.state.provider_id)
    if endpoint.state.provider_id is None:
        raise UnknownEndpoint("There is no such endpoint.")
    context.require(MANAGE, company_id=endpoint.state.provider_id)
    return endpoint


def _changed(endpoint_id: UUID, before: Loaded[Endpoint], events: tuple[Event, ...]) -> Decision:
    after = before.state
    for event in events:
        after = endpoints.evolve(after, event)
    return Decision(
        changes=(Change(endpoint_id, endpoints.CATEGORY, before.version, events),) if events else (),
        response={"endpoint_id": str(endpoint_id), "state": after.status.value, "url": after.url},
    )


def _settled(message_id: UUID, before: Loaded[Delivery], events: tuple[Event, ...]) -> Decision:
    changes = (Change(message_id, deliveries.CATEGORY, before.version, events),) if events else ()
    return Decision(changes=changes, response={"message_id": str(message_id)})


def commands(make_secret: MakeSecret) -> dict[type[Command], Callable[[Any, Context], Decision]]:
    """Which command goes where."""
    own = Endpoints(make_secret)
    return {
        RegisterEndpoint: own.register,
        VerifyEndpoint: verify,
        RotateEndpointSecret: own.rotate_secret,
        SuspendEndpoint: suspend,
        ResumeEndpoint: resume,
        RecordDelivery: record_delivery,
        EscalateDelivery: escalate_delivery,
    }
