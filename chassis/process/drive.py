"""One thread, one thing to do again and again. Known weather is waited out; everything else ends the process."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Protocol

import structlog

from chassis.consume.failures import cause_of
from chassis.observe.metrics import RETRIES, at_zero

FIRST_REST_S, LONGEST_REST_S = 0.05, 5.0
STUCK_AFTER_S = 60.0
TROUBLE_AFTER_S = 20.0


class Step(Protocol):
    """Anything that does a little work at a time. May have `close()`, called at the end from the same thread."""

    def run_once(self) -> int:
        """How much was done; 0: nothing to do now."""


@dataclass(slots=True)
class Driver:
    """`idle_s`: the pause after a step that had nothing to do, which `news` ends. `passing`: tells what will go by from
    what is a bug.
    """

    name: str
    step: Step
    idle_s: float
    passing: Callable[[BaseException], bool]
    stop: Event
    crashed: Callable[[str, BaseException], None]
    """Called once if the step raised something unknown: the process must end."""
    cause: Callable[[BaseException], str] = cause_of
    """What was in the way of a step that is tried again, as the metrics name it."""
    news: Event | None = None
    _beat: float = field(default_factory=time.monotonic)
    _trouble: tuple[float, str] | None = None
    _thread: Thread | None = None

    def start(self) -> None:
        at_zero(RETRIES, worker=self.name)
        self._thread = Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """False when it has not ended within `timeout_s` seconds."""
        assert self._thread is not None
        self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def problem(self) -> str | None:
        """Why this one makes the process not ready, None when all is well."""
        now = time.monotonic()
        trouble = self._trouble
        if trouble is not None and now - trouble[0] > TROUBLE_AFTER_S:
            return f"{self.name} cannot go on: {trouble[1]}"
        if now - self._beat > STUCK_AFTER_S:
            return f"{self.name} has not moved for {now - self._beat:.0f} s"
        return None

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:
            self.crashed(self.name, error)
        finally:
            close = getattr(self.step, "close", None)
            if close is not None:
                try:
                    close()
                except Exception as error:
                    structlog.get_logger("chassis.process").warning("closing failed", worker=self.name, why=str(error))

    def _loop(self) -> None:
        rest_s = FIRST_REST_S
        while not self.stop.is_set():
            self._beat = time.monotonic()
            if self.news is not None:
                self.news.clear()
            try:
                done = self.step.run_once()
            except Exception as error:
                if not self.passing(error):
                    raise
                self._note(error, rest_s)
                self.stop.wait(rest_s)
                rest_s = min(LONGEST_REST_S, rest_s * 2)
                continue
            self._trouble, rest_s = None, FIRST_REST_S
            if not done and self.idle_s:
                (self.news or self.stop).wait(self.idle_s)

    def _note(self, error: Exception, rest_s: float) -> None:
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        since = self._trouble[0] if self._trouble else time.monotonic()
        self._trouble = (since, text)
        RETRIES.labels(self.name, self.cause(error)).inc()
        structlog.get_logger("chassis.process").warning("trying again", worker=self.name, after_s=rest_s, why=text)
