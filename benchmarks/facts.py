"""The machine a number comes from, and the settings without which it would say nothing."""

import os
import platform
import sys
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg2

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "commit_delay")


def machine() -> dict[str, Any]:
    """Processor, memory in GiB, kernel, Python, libraries, and when."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        "kafka_python": version("kafka-python"),
        "psycopg2": version("psycopg2-binary"),
    }


def durability(dsn: str) -> dict[str, str]:
    """What the server that is measured says about itself."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("select name, current_setting(name) from unnest(%s) as name", (list(DURABILITY),))
        found = dict(cursor.fetchall())
        cursor.execute("show server_version")
        (found["server_version"],) = cursor.fetchone() or ("",)
    return found


def _first(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
