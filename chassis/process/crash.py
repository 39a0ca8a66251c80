"""Places at which a test can make the process die as if by `kill -9`, chosen by PHOIHOP_CRASH_AT."""

import os
import signal
from typing import Final

_CHOSEN: Final = os.environ.get("PHOIHOP_CRASH_AT")


def crash_point(name: str) -> None:
    """Kills this process with SIGKILL if PHOIHOP_CRASH_AT was `name` when it started. Costs nothing otherwise.

    Points: `sequencer.before-delete`, `sequencer.between-delete-and-insert`, `sequencer.after-commit`,
    `relay.before-send`, `relay.half-acked`, `relay.before-cursor`, `consume.before-commit`, `consume.after-commit`,
    `consume.before-kafka-commit`, `consume.after-kafka-commit`, `timers.before-commit`, `timers.after-commit`,
    `http.after-commit`, and those of the services' own workers.
    """
    if name == _CHOSEN:
        os.kill(os.getpid(), signal.SIGKILL)
