"""A service's slow release: while the file SLOW_RELEASE_FILE exists, its read models take the time written there.

The service is SLOW_RELEASE; the file holds the seconds an event takes, which PostgreSQL waits, as bad SQL does.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chassis.consume.consumer import Projections
from chassis.consume.message import Received
from chassis.run import main

LONGEST_S, STEP_S = 20.0, 0.2
SLOW = Path(os.environ.get("SLOW_RELEASE_FILE", ""))
apply = Projections.apply


def slowly(self: Projections, cursor: Any, name: str, batch: Sequence[Received[Any]]) -> None:
    apply(self, cursor, name, batch)
    slept_s = 0.0
    while SLOW.is_file() and slept_s < min(LONGEST_S, len(batch) * float(SLOW.read_text() or 0)):
        cursor.execute("select pg_sleep(%s)", (STEP_S,))
        slept_s += STEP_S


if __name__ == "__main__":
    Projections.apply = slowly  # type: ignore[method-assign]
    main(os.environ["SLOW_RELEASE"])
