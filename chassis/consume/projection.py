"""The port every read model implements: its tables, what it wants, and how facts move its rows."""

from collections.abc import Sequence
from typing import Protocol

from contracts.envelope import Event, Received
from contracts.sql import Cursor


class Projection(Protocol):
    """A group of tables that facts of single streams move. Lives in `services/<n>/projections/<read model>.py`.

    Each row belongs to one stream and carries its version; `apply` is set-based and ends in
    `where excluded.version > <table>.version`, so that the SQL itself refuses to go back.
    """

    @property
    def name(self) -> str:
        """Lower-case words with underscores: `agents`."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that `ddl` makes; each is read under the same name."""

    @property
    def ddl(self) -> str:
        """`create table` and `create index` with plain names: the schema of the version is set around it."""

    @property
    def wants(self) -> tuple[type[Event], ...]: ...

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        """Deals with wanted messages only, in their order. Any exception but a broken connection parks the message."""
