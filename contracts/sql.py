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
