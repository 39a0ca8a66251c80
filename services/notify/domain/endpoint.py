"""A company's endpoint: where its webhooks go, whether the address proved itself, whether it is held.

A company has one endpoint, so its id is known before it is registered and messages can wait for it. Registering again
changes the address: a new secret is made, the old ones stay valid for a while, and the new address must prove itself.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID, uuid5

from contracts.commands.notify import (
    RegisterEndpoint,
    ResumeEndpoint,
    SuspendEndpoint,
    VerifyEndpoint,
)
from contracts.envelope import PHOIHOP, Event
from contracts.events.notify import (
    EndpointRegistered,
    EndpointResumed,
    EndpointSecretRotated,
    EndpointSuspended,
    EndpointVerified,
)
from services.notify.domain.refusals import (
    EndpointIsNotSuspended,
    EndpointIsSuspended,
    EndpointUnchanged,
    UnknownEndpoint,
)

CATEGORY = "endpoint"


class Status(StrEnum):
    ABSENT = "absent"
    UNVERIFIED = "unverified"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Endpoint:
    endpoint_id: UUID | None = None
    provider_id: UUID | None = None
    url: str = ""
    verified: bool = False
    suspended: bool = False

    @property
    def status(self) -> Status:
        if self.endpoint_id is None:
            return Status.ABSENT
        if self.suspended:
            return Status.SUSPENDED
        return Status.ACTIVE if self.verified else Status.UNVERIFIED


def endpoint_id_of(scope: str, provider_id: UUID) -> UUID:
    """The id of a company's endpoint in a province, whether it is registered yet or not."""
    return uuid5(PHOIHOP, f"endpoint/{scope}/{provider_id}")


def register(endpoint: Endpoint, command: RegisterEndpoint, endpoint_id: UUID) -> EndpointRegistered:
    """Raises EndpointUnchanged."""
    if endpoint.url == command.url:
        raise EndpointUnchanged("Ask for a secret rotation if the secret was lost.", endpoint_id=str(endpoint_id))
    return EndpointRegistered(endpoint_id=endpoint_id, provider_id=command.provider_id, url=command.url)


def verify(endpoint: Endpoint, command: VerifyEndpoint) -> tuple[EndpointVerified, ...]:
    """Nothing for an endpoint that is verified already. Raises UnknownEndpoint."""
    provider_id = _owner(endpoint, command.endpoint_id)
    if endpoint.verified:
        return ()
    return (EndpointVerified(endpoint_id=command.endpoint_id, provider_id=provider_id),)


def rotate_secret(endpoint: Endpoint, endpoint_id: UUID) -> EndpointSecretRotated:
    """Raises UnknownEndpoint."""
    return EndpointSecretRotated(endpoint_id=endpoint_id, provider_id=_owner(endpoint, endpoint_id))


def suspend(endpoint: Endpoint, command: SuspendEndpoint) -> EndpointSuspended:
    """Raises UnknownEndpoint, EndpointIsSuspended."""
    provider_id = _owner(endpoint, command.endpoint_id)
    if endpoint.suspended:
        raise EndpointIsSuspended("Nothing is sent there already; its messages are held.")
    return EndpointSuspended(endpoint_id=command.endpoint_id, provider_id=provider_id, reason=command.reason)


def resume(endpoint: Endpoint, command: ResumeEndpoint, escalated: int) -> EndpointResumed:
    """Also for an endpoint whose last tries failed: `escalated` messages go out again.

    Raises UnknownEndpoint, EndpointIsNotSuspended.
    """
    provider_id = _owner(endpoint, command.endpoint_id)
    if not endpoint.suspended and not escalated:
        raise EndpointIsNotSuspended("Nothing is held there.")
    return EndpointResumed(endpoint_id=command.endpoint_id, provider_id=provider_id)


def evolve(endpoint: Endpoint, event: Event) -> Endpoint:
    match event:
        case EndpointRegistered():
            return replace(
                endpoint,
                endpoint_id=event.endpoint_id,
                provider_id=event.provider_id,
                url=event.url,
                verified=False,
            )
        case EndpointVerified():
            return replace(endpoint, verified=True)
        case EndpointSuspended():
            return replace(endpoint, suspended=True)
        case EndpointResumed():
            return replace(endpoint, suspended=False)
        case _:
            return endpoint


def _owner(endpoint: Endpoint, endpoint_id: UUID) -> UUID:
    if endpoint.provider_id is None:
        raise UnknownEndpoint("No endpoint {endpoint_id}.", endpoint_id=endpoint_id)
    return endpoint.provider_id
