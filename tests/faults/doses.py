"""How much of each fault is given: a little in `make test`, as much as docs ask for in a soak.

`PHOIHOP_DOSE=full` chooses the full dose; nothing else anywhere does. A test whose fault is a loop goes through
`rounds("F14", "stops")`, which a soak ends in time; any other asks `dose("F35", "streams")`.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.faults import telling

FULL: Final = os.environ.get("PHOIHOP_DOSE") == "full"


@dataclass(frozen=True)
class Dose:
    """One row of the table: of `fault` so many of `what`."""

    fault: str
    what: str
    small: int
    full: int
    meaning: str


DOSES: Final = (
    Dose("F1", "kills", 2, 100, "times http is killed between commit and answer"),
    Dose("F3", "rounds", 1, 20, "times the sequencer dies at each of its crash points"),
    Dose("F4", "cuts", 6, 200, "times a connection of one of two work processes is ended by the server"),
    Dose("F5", "rounds", 1, 20, "times the relay dies at each of its crash points"),
    Dose("F6", "seconds", 3, 300, "seconds, or more, that a frozen work process sleeps while another works"),
    Dose("F7", "rounds", 1, 20, "times each crash point of the consumers kills one of the four services"),
    Dose("F8", "rounds", 1, 20, "times a webhook worker dies at each of its crash points"),
    Dose("F10", "rounds", 1, 20, "times every process of every service is ended by SIGTERM in turn"),
    Dose("F11", "rounds", 1, 10, "times a process runs out of files, of memory, of what the kernel lets it take"),
    Dose("F12", "deaths", 2, 6, "times a process that cannot start is started again"),
    Dose("F13", "rounds", 1, 10, "times an older release meets what it does not know, and a newer one joins it"),
    Dose("F14", "stops", 2, 50, "immediate stops of PostgreSQL under load"),
    Dose("F15", "cuts", 12, 500, "replies to COMMIT that never arrive"),
    Dose("F16", "rounds", 1, 20, "times each statement is broken off with each code"),
    Dose("F17", "limits", 1, 20, "times PostgreSQL lets none of registry's connections in"),
    Dose("F17", "kills", 1, 20, "times the pooler between is killed"),
    Dose("F18", "commands", 15, 5_000, "commands, or more, while foreign transactions stay open"),
    Dose("F20", "steps", 2, 60, "times the clock of the database's host is set by an hour, and back"),
    Dose("F21", "commands", 5, 500, "agents registered after the backup that is restored"),
    Dose("F23", "backlog", 20_000, 5_000_000, "events that wait for a position, or messages that wait in lanes"),
    Dose("F24", "kills", 1, 20, "times the broker is killed under load"),
    Dose("F25", "seconds", 1, 60, "seconds, or more, that the line to the broker is bad in each of its ways"),
    Dose("F26", "timeouts", 2, 20, "times the producer gives up on what the broker then writes"),
    Dose("F27", "rounds", 1, 20, "times offsets are set elsewhere, records deleted, the topic lost and made anew"),
    Dose("F28", "joins", 3, 100, "times a second member joins every three seconds, and leaves"),
    Dose("F29", "rounds", 1, 10, "times a partition is added"),
    Dose("F30", "rounds", 1, 20, "times an access or a password is taken away"),
    Dose("F31", "rounds", 1, 10, "times the broker's disk is full, and times an event is too large for its topic"),
    Dose("F32", "most_copies", 5, 5, "how often one message is delivered at most"),
    Dose("F32", "streams", 12, 400, "streams whose messages are delivered again and again"),
    Dose("F33", "orders", 12, 300, "random orders in which one partition is met"),
    Dose("F34", "rounds", 1, 25, "times every kind of poison is sent to a command topic"),
    Dose("F34", "others", 8, 1_000, "streams that flow while a few others are poisoned"),
    Dose("F35", "streams", 12, 200, "streams that go on while one of them fails"),
    Dose("F37", "events", 150, 20_000, "events that pile up before a consumer that is too slow"),
    Dose("F38", "rounds", 1, 20, "times every read model is made anew"),
    Dose("F58", "tries", 50, 1_000, "pairs of officers who change one thing at the same moment"),
    Dose("F59", "storms", 6, 100, "commands that are each repeated many times at once"),
    Dose("F59", "repeats", 12, 50, "repetitions of one command at once"),
)

_CHOSEN: Final = {(row.fault, row.what): row.full if FULL else row.small for row in DOSES}


def dose(fault: str, what: str) -> int:
    """All of it at once. Raises KeyError for what is not in the table."""
    chosen = _CHOSEN[fault, what]
    telling.tell(fault=fault, what=what, given=chosen)
    return chosen


class Rounds:
    """To be gone through once."""

    def __init__(self, row: tuple[str, str], by: int, loops_after: int) -> None:
        self.given = 0
        """In whole rounds, so far."""
        self._row, self._by, self._loops_after = row, by, loops_after
        self._most = _CHOSEN[row]
        self._loop = telling.new_loop()

    def __iter__(self) -> Iterator[int]:
        """What will be given in all when the round that begins is over."""
        ends_at = telling.loop_ends_at(self._loops_after)
        self._tell()
        while self.given < self._most and (not self.given or time.monotonic() < ends_at):
            yield self.given + self._by
            self.given += self._by
            self._tell()

    def _tell(self) -> None:
        fault, what = self._row
        telling.tell(fault=fault, what=what, loop=self._loop, given=self.given)


def rounds(fault: str, what: str, *, by: int = 1, loops_after: int = 0) -> Rounds:
    """Steps of `by` up to the dose. In a soak whose time is nearly over they end earlier, after at least one.

    `loops_after`: how many loops of the same test still follow and want their part of the time. Raises KeyError for
    what is not in the table.
    """
    return Rounds((fault, what), by, loops_after)
