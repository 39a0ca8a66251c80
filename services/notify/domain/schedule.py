"""When the next attempt is made: the schedule of Standard Webhooks, ±20 %, and what the endpoint itself asks for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

JITTER = 0.2
MAX_RETRY_AFTER_S = 24 * 3600.0


def pause_after(
    attempts: int, schedule: Sequence[float], chance: float, retry_after_s: float | None = None
) -> float | None:
    """Seconds until the attempt after `attempts` failed ones; None when the schedule is used up.

    `chance` in [0, 1) spreads the pause over ±20 %. A Retry-After can lengthen the pause, never shorten it: an
    endpoint that always asks for nothing would else use up the schedule in seconds.
    """
    if attempts >= len(schedule):
        return None
    pause = schedule[attempts] * (1 - JITTER + 2 * JITTER * chance)
    return max(pause, retry_after_s or 0.0)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait, at most 24 h; None when it says nothing usable.

    Seconds or an HTTP date; what lies in the past, is negative or garbage counts as not said.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        moment = _http_date(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    return min(seconds, MAX_RETRY_AFTER_S) if seconds > 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
