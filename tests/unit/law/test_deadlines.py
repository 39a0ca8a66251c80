"""Working days around Tết and swapped days, and deadlines that explain themselves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.clauses import Law, load_law
from law.deadlines import Extension, NoDeadline, add_working_days, period_deadline, term_deadline

BEFORE_TET = date(2026, 2, 13)  # a Friday; Tết 2026 is off from 16 to 20 February


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 11, 2), 0, date(2026, 11, 2)),
        (date(2026, 11, 2), 1, date(2026, 11, 3)),
        (date(2026, 11, 6), 1, date(2026, 11, 9)),  # over a weekend
        (BEFORE_TET, 1, date(2026, 2, 23)),  # over Tết
        (date(2010, 2, 12), 2, date(2010, 2, 23)),  # Tết 2010, with the day off of the 19th
        (date(2026, 8, 21), 1, date(2026, 8, 22)),  # a Saturday worked instead of 31 August
        (date(2026, 8, 28), 1, date(2026, 9, 3)),  # that day off, then National Day
    ],
)
def test_working_days_skip_rest_days_and_holidays_but_not_swapped_saturdays(start: date, days: int, due: date) -> None:
    assert add_working_days(start, days) == due


def test_the_past_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 working days"):
        add_working_days(date(2026, 11, 2), -1)


@given(st.dates(date(2009, 1, 1), date(2035, 12, 31)), st.integers(1, 40), st.integers(1, 40))
def test_working_days_add_up_and_end_on_one(start: date, first: int, then: int) -> None:
    end = add_working_days(start, first + then)
    assert add_working_days(add_working_days(start, first), then) == end
    assert load_law().calendar.is_working(end)


def test_every_swapped_pair_is_a_day_off_and_a_rest_day_worked(law: Law) -> None:
    for swap in law.calendar.rules.swaps:
        assert law.calendar.is_working(swap.work), swap
        assert not law.calendar.is_working(swap.off), swap
        assert swap.work.weekday() == 5, swap


@pytest.mark.clause("HD-3b")
def test_the_monthly_filing_is_due_on_day_nine_of_the_next_month(law: Law) -> None:
    deadline = period_deadline(law, "HD-3b", 2026, 11)
    assert (deadline.start, deadline.due) == (date(2026, 11, 30), date(2026, 12, 9))
    assert not deadline.verified
    assert period_deadline(law, "HD-3b", 2026, 12).due == date(2027, 1, 9)
    assert not deadline.is_over(datetime(2026, 12, 9, 16, 59, tzinfo=UTC))
    assert deadline.is_over(datetime(2026, 12, 9, 17, 0, tzinfo=UTC)), "midnight in Asia/Ho_Chi_Minh"
    said = deadline.explain("en")
    assert "Last day: 2026-12-09" in said
    assert "before day 10 of the next month, so day 9 is the last" in said
    assert "HD-3b" in said
    assert "(not verified)" in said


@pytest.mark.clause("LA-11.2")
def test_a_cadence_ends_with_its_period_only(law: Law) -> None:
    assert period_deadline(law, "LA-11.2", 2026, 6).due == date(2026, 6, 30)
    with pytest.raises(ValueError, match="no half-year ends with month 5"):
        period_deadline(law, "LA-11.2", 2026, 5)
    with pytest.raises(NoDeadline, match=r"HD-2\.2 names no period"):
        period_deadline(law, "HD-2.2", 2026, 6)


def test_a_deadline_explains_the_days_it_skipped_and_what_extended_it(law: Law) -> None:
    deadline = term_deadline(law, "invitation.answer", BEFORE_TET)
    assert deadline.due == date(2026, 2, 25)
    skipped = [skip.day for skip in deadline.skipped]
    assert skipped == [date(2026, 2, 14) + timedelta(days=offset) for offset in range(9)]
    extended = deadline.extended(Extension(2, date(2026, 2, 25), "12/CV-STTTT", "Đoàn đi vắng"))
    assert extended.due == date(2026, 2, 27)
    said = extended.explain("vi")
    assert "Hạn cuối: hết ngày 27/02/2026." in said
    assert "17/02/2026 (Tết Nguyên Đán)" in said
    assert "Gia hạn 2 ngày làm việc theo 12/CV-STTTT ngày 25/02/2026: Đoàn đi vắng." in said
    assert deadline.extensions == ()
    with pytest.raises(ValueError, match="at least one day"):
        deadline.extended(Extension(0, date(2026, 2, 25), "x", "y"))


def test_a_term_in_plain_days_skips_nothing(law: Law) -> None:
    deadline = term_deadline(law, "complaint.accept", BEFORE_TET, clause="LA-3.6")
    assert (deadline.due, deadline.skipped) == (date(2026, 2, 23), ())
    assert "Not counted" not in deadline.explain("en")
    with pytest.raises(NoDeadline, match="no term 'lunch'"):
        term_deadline(law, "lunch", BEFORE_TET)


def test_a_day_is_the_day_in_viet_nam(law: Law) -> None:
    assert law.calendar.day_of(datetime(2026, 11, 30, 17, 0, tzinfo=UTC)) == date(2026, 12, 1)
    with pytest.raises(ValueError, match="without time zone"):
        law.calendar.day_of(datetime(2026, 11, 30, 17, 0))  # noqa: DTZ001
