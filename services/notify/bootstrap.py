"""Where notify is put together. What only one role needs is imported inside its function."""

from pathlib import Path
from uuid import uuid4

from chassis.consume.consumer import Consumer, Projections
from chassis.launch import Process
from chassis.settings import CannotStart, Settings
from chassis.timers.clocks import CLOCKS
from contracts.topics import events_topic
from services.api_keys import ApiKeys
from services.authority import law_authority
from services.notify.deliveries.queue import Queue
from services.notify.domain.addresses import AddressPolicy
from services.notify.endpoint_commands import EndpointCommands
from services.notify.keys import Seal
from services.notify.projections.endpoints import Endpoints
from services.notify.vault import Vault

WORKERS = 12
"""Threads that post; an endpoint that hangs holds one of them."""
PROBERS = 2
CONNECTIONS = 8
"""For posting and looking: a worker holds none while it posts."""
CLOCK_EVERY_S = 2.0
IDLE_S = 0.3
"""How long a worker that found nothing rests; each a little longer than the one before, so that they take turns."""


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


def consumers(settings: Settings) -> tuple[Consumer, ...]:  # noqa: ARG001 - the form they all have
    own, register, orders = events_topic("notify"), events_topic("registry"), events_topic("enforcement")
    return (
        Consumer("notify.views", (own, register), Projections([Endpoints(), ApiKeys()])),
        Consumer("notify.deliveries", (orders, own), Queue()),
    )


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from services.notify.service import NotifyHttp

    return HttpProcess(NotifyHttp, settings, commands(settings), migrations=migrations())


def work(settings: Settings) -> Process:
    from chassis.postgres.pool import Pool
    from chassis.process.work import Work, Worker
    from services.notify import metrics
    from services.notify.deliveries.clock_watch import ClockWatch
    from services.notify.deliveries.probes import Prober
    from services.notify.deliveries.worker import Worker as WebhookWorker
    from services.notify.deliveries.worker import Workshop
    from services.notify.sender.http_sender import HttpSender

    own, keys, sender = commands(settings), vault(settings), HttpSender(policy(settings))
    pool = Pool(settings.database_url, CONNECTIONS, application_name="notify webhooks")
    shop = Workshop(pool, own, keys, sender, settings.webhook_schedule)
    process = uuid4()
    workers = [
        Worker(f"notify.webhooks-{n}", WebhookWorker(f"{process}/{n}", shop), IDLE_S * (1 + n / WORKERS))
        for n in range(WORKERS)
    ]
    probers = [Worker(f"notify.probes-{n}", Prober(pool, sender, keys), IDLE_S * (1 + n)) for n in range(PROBERS)]
    clock = Worker("notify.clock-watch", ClockWatch(pool), CLOCK_EVERY_S)
    everything = (*workers, *probers, clock)
    return Work(
        settings,
        own,
        consumers(settings),
        measures=metrics.Measures(pool),
        workers=everything,
        migrations=migrations(),
    )
