"""Process ids that were written down, and whether they still mean the same process."""

from pathlib import Path


def started_at(pid: int) -> str | None:
    """When that process began, in clock ticks since boot; None when there is none. Tells a reused pid apart."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def recorded(pid_file: Path) -> int | None:
    """The pid in the file, if that very process still runs."""
    try:
        pid, _, began = pid_file.read_text().partition(" ")
        return int(pid) if began and started_at(int(pid)) == began else None
    except (FileNotFoundError, ValueError):
        return None


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
