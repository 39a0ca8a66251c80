"""Where reporting is put together. What only one role needs is imported inside its function."""

from pathlib import Path

from chassis.consume.consumer import Consumer, Projections
from chassis.consume.reactions import Reactions
from chassis.launch import Process
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from contracts.topics import SERVICES, events_topic
from law.clauses import load_law
from services.api_keys import ApiKeys
from services.authority import law_authority
from services.reporting import handlers
from services.reporting.projections.enforcement import Enforcement
from services.reporting.projections.facts import Facts
from services.reporting.projections.followup import FollowUp
from services.reporting.projections.register import Register

CONNECTIONS_OF_MEASURES = 1


def migrations() -> tuple[Path, ...]:
    """Reporting keeps nothing beside its streams and read models."""
    return ()


def commands(settings: Settings) -> Commands:
    authority = law_authority(settings.scope)
    return Commands(handlers.commands(load_law()), authority, CLOCKS, settings.scope, settings.service)


def consumers(settings: Settings) -> tuple[Consumer, ...]:
    everything = tuple(map(events_topic, SERVICES))
    acted_on = tuple(map(events_topic, ("registry", "inspection", "enforcement", "reporting")))
    return (
        Consumer("reporting.views", everything, Projections([Register(), Enforcement(), FollowUp(), ApiKeys()])),
        Consumer("reporting.facts", everything, Projections([Facts()])),
        Consumer("reporting.reactions", acted_on, Reactions(handlers.reactions(load_law()), commands(settings))),
    )


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from services.reporting.service import ReportingHttp

    return HttpProcess(ReportingHttp, settings, commands(settings), migrations=migrations())


def work(settings: Settings) -> Process:
    from chassis.postgres.pool import Pool
    from chassis.process.work import Work
    from services.reporting import metrics
    from services.reporting.start import LawInForce

    pool = Pool(settings.database_url, CONNECTIONS_OF_MEASURES, application_name="reporting measures")
    return Work(
        settings,
        commands(settings),
        consumers(settings),
        measures=metrics.Measures(pool, load_law(), settings.scope),
        at_start=(LawInForce(load_law(), commands(settings)),),
        migrations=migrations(),
    )
