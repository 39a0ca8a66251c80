"""What a read model needs of a database cursor. psycopg2's cursors are such; nothing here knows them."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Cursor(Protocol):
    """Parameters are `%s` or `%(name)s`; a Python list becomes an array, so `unnest(%s::uuid[])` takes a batch."""

    def execute(self, sql: str, parameters: Any = None, /) -> Any: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...

    def execute_values(self, sql: str, rows: Iterable[Sequence[Any]], /) -> None:
        """One statement for many rows: `insert into t (a, b) values %s`."""


class Rows:
    """Rows of one read-model table, gathered from a batch of events and written with one statement.

    Several events of a batch may touch one row: later values win, columns not named keep what they have. A row belongs
    to one stream; `version` is that stream's, and a row never goes back. Non-key columns must be nullable in the table.
    """

    def __init__(self, table: str, key: Sequence[str], columns: Sequence[str]) -> None:
        names = [*key, "version", *columns]
        kept = ", ".join(f"{name} = coalesce(excluded.{name}, {table}.{name})" for name in columns)
        self._columns = tuple(columns)
        self._found: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}
        self._sql = (
            f"insert into {table} ({', '.join(names)}) values %s on conflict ({', '.join(key)}) do update "
            f"set version = excluded.version, {kept} where {table}.version < excluded.version"
        )

    def put(self, key: tuple[Any, ...], version: int, **values: Any) -> None:
        """Remember these columns of the row; `version` is the event's place in its stream."""
        _, row = self._found.setdefault(key, (0, {}))
        row.update(values)
        self._found[key] = (version, row)

    def write(self, cursor: Cursor) -> None:
        """Upsert what was put since the last write; nothing when there is nothing."""
        if self._found:
            rows = [
                (*key, version, *(row.get(name) for name in self._columns))
                for key, (version, row) in self._found.items()
            ]
            cursor.execute_values(self._sql, rows)
            self._found.clear()
