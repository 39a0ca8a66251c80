"""Where the ledger is put together: a service like the five, with one command, one event and one read model."""

from pathlib import Path
from typing import NoReturn

from benchmarks.ledger.domain import Entry, WriteEntry, decide, events, evolve
from benchmarks.ledger.entries import Entries
from chassis.consume.consumer import Consumer, Projections
from chassis.identity.principal import Principal, officer
from chassis.process.work import Work
from chassis.settings import CannotStart, Settings
from chassis.store.commands import Commands, Context
from chassis.store.decision import Change, Decision
from chassis.store.load import Fold
from chassis.timers.clocks import CLOCKS

SERVICE = "ledger"
SCOPE = "hai-duong"
TOPIC = "ledger.events.v1"
WRITER: Principal = officer("dic", "bench", "head")
FOLD = Fold("entry", Entry(), evolve, events)


def write_entry(command: WriteEntry, context: Context) -> Decision:
    entry = context.load(FOLD, command.entry_id)
    change = Change(command.entry_id, FOLD.category, entry.version, (decide(entry.state, command),))
    return Decision(changes=(change,), response={"written": entry.state.written + 1})


def ledger_commands() -> Commands:
    return Commands({WriteEntry: write_entry}, lambda **_: None, CLOCKS, SCOPE, SERVICE)


def views(topic: str = TOPIC) -> Consumer:
    return Consumer("ledger.views", (topic,), Projections([Entries()]))


def migrations() -> tuple[Path, ...]:
    return ()


def commands(_settings: Settings) -> Commands:
    return ledger_commands()


def consumers(_settings: Settings) -> tuple[Consumer, ...]:
    return (views(),)


def http(_settings: Settings) -> NoReturn:
    raise CannotStart("the ledger has no doors")


def work(settings: Settings) -> Work:
    return Work(settings, commands(settings), consumers(settings), events=events)
