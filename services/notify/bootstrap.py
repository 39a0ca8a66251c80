"""Where notify is put together. What only one role needs is imported inside its function."""

from pathlib import Path

from chassis.consume.consumer import Consumer, Projections
from chassis.settings import CannotStart, Settings
from chassis.timers.clocks import CLOCKS
from contracts.topics import events_topic
from services.authority import law_authority
from services.notify.deliveries.queue import Queue
from services.notify.domain.addresses import AddressPolicy
from services.notify.endpoint_commands import EndpointCommands
from services.notify.keys import Seal
from services.notify.projections.api_keys import ApiKeys
from services.notify.projections.endpoints import Endpoints
from services.notify.vault import Vault

WEBHOOK_WORKERS = 12
"""Threads that post; an endpoint that hangs holds one of them."""
PROBERS = 2
CONNECTIONS = 8
"""For posting and looking: a worker holds none while it posts."""


def migrations() -> tuple[Path, ...]:
    return (Path(__file__).parent / "migrations",)


def vault(settings: Settings) -> Vault:
    """Raises CannotStart when the key file is missing or no key."""
    try:
        return Vault(Seal(settings.secret("webhook-kek")))
    except ValueError as error:
        raise CannotStart(f"secret webhook-kek: {error}") from None


def policy(settings: Settings) -> AddressPolicy:
    return AddressPolicy(settings.webhook_allow_loopback, settings.webhook_private_networks)


def commands(settings: Settings) -> EndpointCommands:
    return EndpointCommands(vault(settings), law_authority(settings.scope), CLOCKS, settings.scope)


def consumers(settings: Settings) -> tuple[Consumer, ...]:  # noqa: ARG001
    own, register, orders = events_topic("notify"), events_topic("registry"), events_topic("enforcement")
    return (
        Consumer("notify.views", (own, register), Projections([Endpoints(), ApiKeys()])),
        Consumer("notify.deliveries", (orders, own), Queue()),
    )
