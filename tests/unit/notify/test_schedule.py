"""When the next attempt comes: the schedule, its spread, and what endpoints ask for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import DELIVERY_SCHEDULE
from services.notify.domain.schedule import MAX_RETRY_AFTER_S, pause_after, retry_after

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    middle = [pause_after(attempts, DELIVERY_SCHEDULE, 0.5) for attempts in range(len(DELIVERY_SCHEDULE))]
    hours = [3600, 7200, 14400, 28800, 43200, 86400, 86400]
    assert middle == pytest.approx([0, 5, 30, 120, 600, 1800, *hours])


def test_after_the_last_attempt_there_is_none() -> None:
    assert pause_after(len(DELIVERY_SCHEDULE), DELIVERY_SCHEDULE, 0.5) is None
    assert pause_after(len(DELIVERY_SCHEDULE), DELIVERY_SCHEDULE, 0.5, retry_after_s=60) is None


@given(st.integers(1, 12), st.floats(0, 1, exclude_max=True))
def test_pauses_spread_by_a_fifth_either_way(attempts: int, chance: float) -> None:
    pause = pause_after(attempts, DELIVERY_SCHEDULE, chance)
    assert pause is not None
    assert 0.8 * DELIVERY_SCHEDULE[attempts] <= pause <= 1.2 * DELIVERY_SCHEDULE[attempts]


def test_an_endpoint_can_ask_for_a_longer_pause_but_not_for_a_shorter_one() -> None:
    assert pause_after(1, DELIVERY_SCHEDULE, 0.5, retry_after_s=3600) == 3600.0
    assert pause_after(1, DELIVERY_SCHEDULE, 0.5, retry_after_s=1) == 5.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        ("Fri, 20 Nov 2026 08:31:00 GMT", 60.0),
        ("Friday, 20-Nov-26 08:31:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 15:31:00 +0700", 60.0),
        ("1000000000000", MAX_RETRY_AFTER_S),
        ("9" * 5000, MAX_RETRY_AFTER_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("Thu, 19 Nov 2026 08:31:00 GMT", None),
        ("0", None),
        ("-1", None),
        ("1.5", None),
        ("٥", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 99 Nov 2026 99:99:99 GMT", None),
        ("Fri, 20 Nov 99999999999999 08:31:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert seconds == retry_after(header, NOW)


@given(st.text(max_size=80))
def test_no_text_whatever_breaks_the_reading(header: str) -> None:
    answer = retry_after(header, NOW)
    assert answer is None or 0 < answer <= MAX_RETRY_AFTER_S
