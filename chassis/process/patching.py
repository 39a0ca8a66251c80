"""Either the whole standard library is green (eventlet) or nothing is: half of it hangs without a word."""

import sys

PATCHED_TOGETHER = frozenset({"os", "select", "socket", "thread", "time", "psycopg", "subprocess"})


class HalfPatched(ImportError):
    """Something patched a part of the standard library, or patched it after a driver had been imported."""


def is_green() -> bool:
    """True in a process that runs on eventlet. Raises HalfPatched."""
    patcher = sys.modules.get("eventlet.patcher")
    patched = {name for name, done in patcher.already_patched.items() if done} if patcher else set()
    if patched and not patched >= PATCHED_TOGETHER:
        missing = ", ".join(sorted(PATCHED_TOGETHER - patched))
        raise HalfPatched(f"eventlet patched {', '.join(sorted(patched))} but not {missing}: patch all, first thing")
    return bool(patched)
