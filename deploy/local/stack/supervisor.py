"""Starts a program again when it dies, with a growing pause.

Nothing runs in the background: whoever supervises calls `tick()` in its loop: children belong to the main thread.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deploy.local.stack.errors import CannotStart
from deploy.local.stack.process import Child

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0


@dataclass
class Watched:
    """One supervised program. `deaths`: how often it died since it last ran steadily for a minute."""

    launch: Callable[[], Child]
    child: Child
    launched_at: float
    deaths: int = 0
    again_at: float | None = None
    last_reason: str = ""


class Supervisor:
    """`watch` what runs, `tick` often, `forget` before stopping it on purpose."""

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._watched: dict[str, Watched] = {}

    def watch(self, child: Child, launch: Callable[[], Child]) -> None:
        """`launch` starts the program anew and answers its child."""
        self._watched[child.name] = Watched(launch, child, self._clock())

    def forget(self, name: str) -> None:
        self._watched.pop(name, None)

    def children(self) -> dict[str, Child]:
        """The latest child of each program, by name."""
        return {name: watched.child for name, watched in self._watched.items()}

    def tick(self) -> None:
        """Notices deaths, and starts again what has waited long enough."""
        for name, watched in self._watched.items():
            now = self._clock()
            if watched.again_at is not None:
                if now >= watched.again_at:
                    self._start_again(name, watched)
            elif not watched.child.is_running():
                if now - watched.launched_at > STEADY_AFTER_S:
                    watched.deaths = 0
                self._plan(watched, watched.child.why_it_ended())

    def failing(self, deaths: int) -> Iterator[str]:
        """Why each program ended that has died at least so often."""
        return (watched.last_reason for watched in self._watched.values() if watched.deaths >= deaths)

    def _plan(self, watched: Watched, reason: str) -> None:
        pause = min(FIRST_PAUSE_S * 2**watched.deaths, LONGEST_PAUSE_S)
        watched.deaths += 1
        watched.last_reason = reason
        watched.again_at = self._clock() + pause
        self._tell(f"{reason}; it starts again in {pause:g} s")

    def _start_again(self, name: str, watched: Watched) -> None:
        try:
            watched.child = watched.launch()
        except CannotStart as error:
            self._plan(watched, str(error))
            return
        watched.again_at = None
        watched.launched_at = self._clock()
        self._tell(f"{name} was started again")
