"""The cursor every module of ours is handed: psycopg2's, with `execute_values`, UUIDs as UUIDs and bytea as bytes."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg2.extensions
import psycopg2.extras

from chassis.process.patching import is_green

IS_GREEN = is_green()
"""Asked at import, so that a process in which only half is patched does not even start."""

if IS_GREEN and psycopg2.extensions.get_wait_callback() is None:
    raise ImportError("eventlet is patched in but psycopg2 has no wait callback: every query would block all requests")


class PooledCursor(psycopg2.extensions.cursor):
    """Satisfies `contracts.sql.Cursor`."""

    def execute_values(self, sql: str, rows: Iterable[Sequence[Any]], /) -> None:
        """One statement for many rows: `insert into t (a, b) values %s`. No rows: nothing is sent."""
        batch = list(rows)
        if batch:
            psycopg2.extras.execute_values(self, sql, batch, page_size=len(batch))


def _to_bytes(value: Any, cursor: Any) -> bytes | None:
    found = psycopg2.BINARY(value, cursor)
    return None if found is None else bytes(found)


BYTES = psycopg2.extensions.new_type(psycopg2.BINARY.values, "BYTES", _to_bytes)
psycopg2.extensions.register_type(BYTES)
psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]  # from a library without types
