"""The calendar of working days: the `holidays` library's Vietnam plus the swapped days of `law/calendar.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import field_validator

from law.models import Name, Row, Sourced

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


class Swap(Sourced):
    """A rest day worked (`work`) for a working day taken off (`off`)."""

    off: date
    work: date


class CalendarRules(Row):
    """What the calendar of working days is made of, besides the holidays of the library."""

    zone: str
    weekly_rest: tuple[Weekday, ...]
    swaps: tuple[Swap, ...]

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            raise ValueError(f"unknown time zone '{zone}'") from None
        return zone


@dataclass(frozen=True)
class WorkingDays:
    """Answers which days are working days, and why the others are not. Pure: the same rules, the same answers."""

    rules: CalendarRules

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.zone)

    @cached_property
    def _worked(self) -> frozenset[date]:
        return frozenset(swap.work for swap in self.rules.swaps)

    @cached_property
    def _off(self) -> Mapping[date, date]:
        return {swap.off: swap.work for swap in self.rules.swaps}

    @cached_property
    def _rest(self) -> frozenset[int]:
        return frozenset(WEEK.index(day) for day in self.rules.weekly_rest)

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant in the law's time zone. Raises ValueError when the instant has no zone."""
        if instant.tzinfo is None:
            raise ValueError("an instant without time zone has no calendar day")
        return instant.astimezone(self.zone).date()

    def why_not_working(self, day: date) -> Name | None:
        """Why nobody works that day, None for a working day."""
        if day in self._worked:
            return None
        if holiday := _holidays(day.year).get(day):
            return holiday
        if instead := self._off.get(day):
            return Name(vi=f"nghỉ bù, làm việc ngày {instead:%d/%m/%Y}", en=f"day off, worked on {instead.isoformat()}")
        if day.weekday() in self._rest:
            return Name(vi=WEEK_VI[day.weekday()], en=WEEK[day.weekday()].capitalize())
        return None

    def is_working(self, day: date) -> bool:
        return self.why_not_working(day) is None

    def add(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`, which itself does not count. Raises ValueError below 0."""
        if days < 0:
            raise ValueError(f"{days} working days lie in the past")
        day = start
        while days:
            day += timedelta(days=1)
            days -= self.is_working(day)
        return day


@cache
def _holidays(year: int) -> Mapping[date, Name]:
    """Vietnam's public holidays and days off of one year, as the library knows them."""
    from holidays import country_holidays

    vietnamese = country_holidays("VN", years=year, language="vi")
    english = country_holidays("VN", years=year, language="en_US")
    return {day: Name(vi=name, en=english[day]) for day, name in vietnamese.items()}
