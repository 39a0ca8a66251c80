"""What a read model needs of a database cursor. psycopg2's cursors are such; nothing here knows them."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from pydantic_core import to_json


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
    The rows travel as one JSON text, half the price of a list of values; so no column may itself be of type json.
    """

    def __init__(self, table: str, key: Sequence[str], columns: Sequence[str]) -> None:
        self._key, self._columns = tuple(key), tuple(columns)
        self._found: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}
        names = ", ".join((*key, "version", *columns))
        kept = ", ".join(f"{name} = coalesce(excluded.{name}, {table}.{name})" for name in columns)
        self._sql = (
            f"insert into {table} ({names}) select {names} "
            f"from json_populate_recordset((select of_row from {table} as of_row where false), %s) "  # `line` is a type
            f"on conflict ({', '.join(key)}) do update "
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
                row | dict(zip(self._key, key, strict=True)) | {"version": version}
                for key, (version, row) in self._found.items()
            ]
            cursor.execute(self._sql, (to_json(rows).decode(),))
            self._found.clear()
