"""Signals of the consumers: exceptions with a name and one meaning.

Exception
├── Transient        not now: pause, try the same again without limit
│   └── BusAway      because the bus does not answer, or does not let us in
├── Stop             this partition must not go on until a person has acted
└── everything else  raised while one message is dealt with: permanent, the message is parked
"""

from collections import deque

import psycopg2
from psycopg2 import errors

from chassis.postgres.pool import Unavailable

CONSECUTIVE_LIMIT = 10
WINDOW = 1000
WINDOW_LIMIT = WINDOW // 100
DATABASE = (
    Unavailable
    | psycopg2.OperationalError
    | psycopg2.InterfaceError
    | errors.ReadOnlySqlTransaction
    | errors.IdleInTransactionSessionTimeout  # this process was frozen in the middle of a transaction
)
"""The database's own weather."""


class Transient(Exception):
    """The database, the bus or a race was in the way; the same attempt will succeed later."""


class BusAway(Transient):
    """The bus does not answer, or does not let us in."""


class Stop(Exception):
    """`reason` is a short code for metrics and lists, the text says what a person should do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def is_transient(error: BaseException) -> bool:
    """Lost connections, races, locks, timeouts, full disks and fail-overs pass; everything else would come again."""
    return isinstance(error, Transient | DATABASE)


def cause_of(error: BaseException) -> str:
    """What was in the way of something transient, as the metrics name it."""
    match error:
        case BusAway():
            return "bus"
        case Transient():
            return "race"
        case _ if isinstance(error, DATABASE):
            return "database"
        case _:
            return "person"


class FirstCauses:
    """Counts messages that failed by themselves (not those parked behind one): many mean a bad deployment.

    More than 1 % of the last thousand, or ten in a row, are too many.
    """

    __slots__ = ("_in_a_row", "_outcomes")

    def __init__(self) -> None:
        self._in_a_row = 0
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)

    def copy(self) -> "FirstCauses":
        twin = FirstCauses()
        twin._in_a_row = self._in_a_row
        twin._outcomes = self._outcomes.copy()
        return twin

    def succeeded(self, messages: int = 1) -> None:
        self._in_a_row = 0
        self._outcomes.extend([False] * min(messages, WINDOW))

    def failed(self) -> None:
        """Raises Stop when the message that has just failed is one too many: then it is not parked."""
        if self._in_a_row + 1 >= CONSECUTIVE_LIMIT:
            raise Stop(
                "failing", f"{CONSECUTIVE_LIMIT} messages in a row failed: look at the deployment, not at the data"
            )
        if sum(self._outcomes) + 1 > WINDOW_LIMIT:
            raise Stop("failing", f"more than 1 % of {WINDOW} messages failed: look at the deployment, not at the data")
        self._in_a_row += 1
        self._outcomes.append(True)
