"""Where a consumer's transactions come from: the pool, or a part of somebody's larger transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from contracts.sql import Cursor


class Transactions(Protocol):
    """`chassis.postgres.pool.Pool` is such."""

    def transaction(self, read_only: bool = False) -> AbstractContextManager[Any]: ...


class Within:
    """Turns each transaction into a savepoint of the one that is open on `cursor`: all of them count, or none."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    @contextmanager
    def transaction(self, read_only: bool = False) -> Iterator[Cursor]:  # noqa: ARG002 - the form of the port
        self._cursor.execute("savepoint part")
        try:
            yield self._cursor
        except BaseException:
            self._cursor.execute("rollback to savepoint part")
            raise
        self._cursor.execute("release savepoint part")


class Switch:
    """Takes transactions from the pool, until it is told to take them from elsewhere."""

    def __init__(self, source: Transactions) -> None:
        self.source = source

    def transaction(self, read_only: bool = False) -> AbstractContextManager[Any]:
        return self.source.transaction(read_only)
