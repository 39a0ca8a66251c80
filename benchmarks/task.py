"""How a measuring program learns what to do and says what it found: JSON in one variable, JSON on its last line.

The standard library only: the peers, whose Python environment holds nothing of ours, use it too.
"""

import json
import os
from typing import Any

VARIABLE = "BENCH_TASK"


def task() -> Any:
    """What the runner asked for, with attributes read by name: `task()["dsn"]`."""
    return json.loads(os.environ[VARIABLE])


def found(**numbers: Any) -> None:
    """The last line of the program."""
    print(json.dumps(numbers), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank). Raises IndexError when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
