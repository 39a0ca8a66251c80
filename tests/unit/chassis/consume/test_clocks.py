"""The legal day begins at midnight in Hải Dương, not in London."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chassis.timers.clocks import LEGAL_TIME, DatabaseWall, LegalCalendar, SteeredWall
from chassis.timers.due import timer_id


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 10, 1, 16, 59, 59, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2026, 10, 1, 17, 0, tzinfo=UTC), date(2026, 10, 2)),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_calendar_turns_at_midnight_in_viet_nam(moment: datetime, day: date):
    assert LegalCalendar().today(moment) == day


def test_the_steered_wall_stands_still_until_it_is_moved():
    wall = SteeredWall(datetime(2026, 10, 1, tzinfo=UTC))
    assert wall.now(None) == wall.now(None)  # type: ignore[arg-type]
    wall.advance(timedelta(seconds=5))
    assert wall.now(None) == datetime(2026, 10, 1, 0, 0, 5, tzinfo=UTC)  # type: ignore[arg-type]


class OfAnotherClock:
    """A cursor of a database whose clock is years ahead of this machine's."""

    def execute(self, sql: str) -> None:
        assert "clock_timestamp()" in sql

    def fetchone(self) -> tuple[datetime]:
        return (datetime(2031, 1, 1, 7, tzinfo=LEGAL_TIME),)


def test_the_wall_is_the_clock_of_the_database():
    wall, ahead = DatabaseWall(), datetime(2031, 1, 1, tzinfo=UTC)
    assert wall.now(OfAnotherClock()) == wall.shown(ahead) == ahead  # type: ignore[arg-type]  # it has what is needed here


def test_the_same_stream_kind_and_round_are_the_same_timer():
    stream, other = UUID(int=1), UUID(int=2)
    assert timer_id(stream, "report-back", 1) == timer_id(stream, "report-back", 1)
    found = {timer_id(stream, "report-back", 1), timer_id(stream, "report-back", 2), timer_id(stream, "x", 1)}
    assert len(found | {timer_id(other, "report-back", 1)}) == 4
