"""The two clock ports: `wall` for leases, retries and tokens, `calendar` for legal deadlines.

They show the same time, except in a stack marked *training*, whose calendar can be moved. Nothing else in the system
asks what time it is.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from contracts.sql import Cursor

LEGAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
"""Where legal days begin and end (UTC+7, no daylight saving)."""


class Wall(Protocol):
    """The time that leases, retries and timers follow."""

    def now(self, cursor: Cursor) -> datetime:
        """An aware instant, UTC."""

    def shown(self, of_database: datetime) -> datetime:
        """The same instant, for who has asked the database anyway."""


class Calendar(Protocol):
    """The day that deadlines are counted in."""

    def today(self, now: datetime) -> date:
        """The legal date of the wall's `now`."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two ports together."""

    wall: Wall
    calendar: Calendar


class DatabaseWall:
    """The database's clock: one for all processes of a service, whatever their machines believe."""

    def now(self, cursor: Cursor) -> datetime:
        cursor.execute("select clock_timestamp()")
        row = cursor.fetchone()
        assert row is not None
        return self.shown(row[0])

    def shown(self, of_database: datetime) -> datetime:
        return of_database.astimezone(UTC)


class LegalCalendar:
    """The date in Asia/Ho_Chi_Minh of the instant the wall shows."""

    def today(self, now: datetime) -> date:
        return now.astimezone(LEGAL_TIME).date()


CLOCKS = Clocks(DatabaseWall(), LegalCalendar())
"""What every service runs on."""


@dataclass(slots=True)
class SteeredWall:
    """The twin of `DatabaseWall`: stands still until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 10, 1, 2, 0, tzinfo=UTC))

    def now(self, cursor: Cursor) -> datetime:  # noqa: ARG002 - the form of the port
        return self.moment

    def shown(self, of_database: datetime) -> datetime:  # noqa: ARG002 - the form of the port
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by
