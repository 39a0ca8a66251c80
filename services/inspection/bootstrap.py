"""Wires inspection: the one place that knows which part is made of what."""

from pathlib import Path

from chassis.consume.command_topic import CommandTopic
from chassis.consume.consumer import Consumer, Projections
from chassis.launch import Process
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from contracts.topics import AGENCIES_ON_THE_BUS, COMMANDS_ON_THE_BUS, events_topic
from services.authority import law_authority
from services.inspection.handlers import COMMANDS
from services.inspection.metrics import Counting
from services.inspection.projections.inspections import Inspections
from services.inspection.projections.programmes import Programmes
from services.inspection.projections.targets import Targets
from services.inspection.projections.timeline import Timeline
from services.inspection.projections.violations import Violations

OVER_THE_BUS = tuple(kind for kind in COMMANDS if kind.message_type in COMMANDS_ON_THE_BUS["inspection"])


def migrations() -> tuple[Path, ...]:
    """None of its own: streams and claims are the chassis's, read models are made from the projections."""
    return ()


def commands(settings: Settings) -> Commands:
    return Commands(COMMANDS, law_authority(settings.scope), CLOCKS, settings.scope, settings.service)


def consumers(settings: Settings) -> tuple[Consumer, ...]:
    views = Projections([Programmes(), Counting(Inspections()), Violations(), Timeline(), Targets()])
    asked = commands(settings)
    systems = {agency: CommandTopic(agency, asked, OVER_THE_BUS) for agency in AGENCIES_ON_THE_BUS["inspection"]}
    return (
        Consumer("inspection.views", (events_topic("inspection"), events_topic("registry")), views),
        *(Consumer(f"inspection.commands.{agency}", (one.topic,), one) for agency, one in systems.items()),
    )


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from services.inspection.service import InspectionHttp

    return HttpProcess(InspectionHttp, settings, commands(settings))


def work(settings: Settings) -> Process:
    from chassis.process.work import Work

    return Work(settings, commands(settings), consumers(settings))
