"""Where the register is put together. What only one role needs is imported inside its function."""

from pathlib import Path

from chassis.consume.consumer import Consumer, Projections
from chassis.consume.reactions import Reactions
from chassis.launch import Process
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from contracts.topics import events_topic
from services.api_keys import ApiKeys
from services.authority import law_authority
from services.registry.handlers import EVENTS, command_table
from services.registry.projections.agent_lists import AgentLists
from services.registry.projections.agents import Agents
from services.registry.projections.lines import Lines
from services.registry.projections.providers import Providers


def migrations() -> tuple[Path, ...]:
    return (Path(__file__).parent / "migrations",)


def commands(settings: Settings) -> Commands:
    handlers = command_table(lambda: settings.secret("api-key-pepper"))
    return Commands(handlers, law_authority(settings.scope), CLOCKS, settings.scope, settings.service)


def consumers(settings: Settings) -> tuple[Consumer, ...]:
    return (
        Consumer(
            "registry.views",
            (events_topic("registry"),),
            Projections([Providers(), ApiKeys(), Agents(), Lines(), AgentLists()]),
        ),
        Consumer("registry.executions", (events_topic("enforcement"),), Reactions(EVENTS, commands(settings))),
    )


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from services.registry.service import RegistryHttp

    return HttpProcess(RegistryHttp, settings, commands(settings), migrations=migrations())


def work(settings: Settings) -> Process:
    from chassis.postgres.pool import Pool
    from chassis.process.work import Work
    from services.registry import metrics

    measures = metrics.Measures(Pool(settings.database_url, 1, application_name="registry measures"), settings.scope)
    return Work(
        settings,
        commands(settings),
        consumers(settings),
        measures=measures,
        migrations=migrations(),
    )
