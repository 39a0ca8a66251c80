"""Where the counter is put together."""

from pathlib import Path
from typing import NoReturn

from chassis.consume.consumer import Consumer, Projections
from chassis.settings import CannotStart, Settings
from chassis.store.commands import Commands, Context
from chassis.store.decision import Change, Decision
from chassis.store.load import Fold
from chassis.timers.clocks import CLOCKS
from tests.conformance.counter.domain import Count, Counter, decide, events, evolve
from tests.conformance.counter.totals import Totals

FOLD = Fold("counter", Counter(), evolve, events)


def count(command: Count, context: Context) -> Decision:
    counter = context.load(FOLD, command.counter_id)
    change = Change(command.counter_id, FOLD.category, counter.version, (decide(counter.state, command),))
    return Decision(changes=(change,), response={"total": counter.state.total + command.by})


def migrations() -> tuple[Path, ...]:
    return ()


def commands(settings: Settings) -> Commands:
    return Commands({Count: count}, lambda **_: None, CLOCKS, settings.scope, settings.service)


def consumers(settings: Settings) -> tuple[Consumer, ...]:
    return (Consumer("counter.views", ("counter.events.v1",), Projections([Totals()])),)


def http(settings: Settings) -> NoReturn:
    raise CannotStart("the counter has no doors")


def work(settings: Settings):  # type: ignore[no-untyped-def]
    from chassis.process.work import Work

    return Work(settings, commands(settings), consumers(settings), events=events)
