"""The one way a test waits: for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 4
"""How many times slower a machine may be than the one on which the limits were thought to be generous: they end a test
that would never pass, and measure nothing."""


def wait_until(condition: Callable[[], T], timeout_s: float, what: str, every_s: float = 0.02) -> T:
    """Calls `condition` until its answer is true, and returns that answer.

    Raises AssertionError naming `what` and the last answer after `timeout_s` seconds times PATIENCE. An AssertionError
    raised by the condition counts as "not yet" and is shown at the end; anything else it raises passes through.
    """
    timeout_s *= PATIENCE
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = condition()
            last: object = answer
            if answer:
                return answer
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what}; last seen: {last!r}")
        time.sleep(every_s)
