"""Where enforcement is put together. What only one role needs is imported inside its function."""

from pathlib import Path

from chassis.consume.consumer import Consumer, Projections
from chassis.consume.process_manager import ProcessManager
from chassis.launch import Process
from chassis.settings import CannotStart, Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from contracts.topics import events_topic
from law.clauses import load_law
from services.api_keys import ApiKeys
from services.authority import law_authority
from services.enforcement import handlers
from services.enforcement.domain import case
from services.enforcement.metrics import Counting
from services.enforcement.projections.cases import Cases
from services.enforcement.projections.register import Register
from services.enforcement.signing import OrderSigner


def migrations() -> tuple[Path, ...]:
    """None of its own: its tables are read models."""
    return ()


def commands(settings: Settings) -> Commands:
    """Raises CannotStart when the DIC's signing key is missing or no Ed25519 key."""
    try:
        signer = OrderSigner(settings.secret("order-signing.pem"))
    except ValueError as error:
        raise CannotStart(f"secret order-signing.pem: {error}") from None
    return Commands(handlers.commands(signer), law_authority(settings.scope), CLOCKS, settings.scope, settings.service)


def consumers(settings: Settings) -> tuple[Consumer, ...]:
    own, found, register = (events_topic(name) for name in ("enforcement", "inspection", "registry"))
    cases = ProcessManager(
        "enforcement.cases",
        case.CATEGORY,
        handlers.CASE_MESSAGES,
        react=handlers.react_to(load_law(), settings.scope),
        evolve=case.evolve,
        initial=case.INITIAL,
        begins=handlers.case_of,
    )
    return (
        Consumer("enforcement.views", (own, register), Projections([Register(), Counting(Cases()), ApiKeys()])),
        Consumer(cases.name, (found, own, register), cases),
    )


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from services.enforcement.service import EnforcementHttp

    return HttpProcess(EnforcementHttp, settings, commands(settings), migrations=migrations())


def work(settings: Settings) -> Process:
    from chassis.postgres.pool import Pool
    from chassis.process.work import Work
    from services.enforcement import metrics

    pool = Pool(settings.database_url, 1, application_name="enforcement measures")
    return Work(
        settings,
        commands(settings),
        consumers(settings),
        timers=handlers.TIMERS,
        measures=metrics.Measures(pool),
        migrations=migrations(),
    )
