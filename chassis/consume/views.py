"""Read models in versioned schemas: tables in `views_<n>`, read through plain names in the schema `read`.

`migrate` makes version 1 of each new read model; a rebuild makes another version beside the live one and swaps it in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chassis.consume import stops
from chassis.consume.batch import Where
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.stops import StoppedPartition
from contracts.sql import Cursor

LIVE = "select live_version, definition from consumer_version where consumer = %s"

LIVE_ROW = """
select consumer, live_version, tables, definition, changed_at from public.consumer_version where consumer = %s
"""


class NotInstalled(Exception):
    """The tables of a read model are missing, or were made by other code; the text says what to do."""


def physical(consumer: str, version: int) -> str:
    """The name under which watermarks, what was seen and what is parked are kept for one version."""
    return f"{consumer}@{version}"


def schema(version: int) -> str:
    return f"views_{version}"


def where(cursor: Cursor, consumer: Consumer, version: int | None = None) -> Where:
    """Where the consumer keeps its rows; of read models those of `version`, or the live ones. Raises NotInstalled."""
    if not isinstance(consumer.member, Projections):
        return Where(consumer.name, consumer.name)
    if version is None:
        version = live_version(cursor, consumer)
    return Where(consumer.name, physical(consumer.name, version), schema(version))


def live_version(cursor: Cursor, consumer: Consumer) -> int:
    """Raises NotInstalled, also when the live tables were made from other SQL than this code's."""
    assert isinstance(consumer.member, Projections)
    cursor.execute(LIVE, (consumer.name,))
    row = cursor.fetchone()
    if row is None:
        raise NotInstalled(f"the tables of {consumer.name} were never made: run `migrate`")
    if bytes(row[1]) != consumer.member.definition:
        raise NotInstalled(
            f"the tables of {consumer.name} were made by other code: run `phoihop projections rebuild {consumer.name}`"
        )
    return int(row[0])


def install(cursor: Cursor, serving: str, consumers: Iterable[Consumer]) -> list[str]:
    """Makes version 1 of each read model that has none; answers their names. The owner's cursor; `serving` is a role.

    Raises NotInstalled when a table's name is taken by another consumer.
    """
    made = []
    for consumer in consumers:
        if isinstance(consumer.member, Projections):
            cursor.execute(LIVE, (consumer.name,))
            if cursor.fetchone() is None:
                create(cursor, serving, consumer, 1)
                go_live(cursor, serving, consumer, 1)
                made.append(consumer.name)
    return made


def create(cursor: Cursor, serving: str, consumer: Consumer, version: int) -> None:
    """The empty tables of one version; what an abandoned rebuild left under the same number is dropped first."""
    member = consumer.member
    assert isinstance(member, Projections)
    name = schema(version)
    cursor.execute(f'create schema if not exists {name}; grant usage on schema {name} to "{serving}"')
    drop(cursor, consumer.name, version, member.tables)
    cursor.execute(f"set local search_path to {name}, public")
    cursor.execute(member.ddl)
    for table in member.tables:
        cursor.execute("select to_regclass(%s)", (f'{name}."{table}"',))
        if cursor.fetchone() == (None,):
            raise NotInstalled(f"{consumer.name} names a table {table} that its SQL does not make")
        cursor.execute(f'grant select, insert, update, delete on {name}."{table}" to "{serving}"')


def drop(cursor: Cursor, consumer: str, version: int, tables: Iterable[str]) -> None:
    """Tables, watermarks and everything else of one version that is not live."""
    for table in tables:
        cursor.execute(f'drop table if exists {schema(version)}."{table}" cascade')
    for kept in ("watermark", "seen", "parked", "stopped"):
        cursor.execute(f"delete from public.{kept} where consumer = %s", (physical(consumer, version),))


def go_live(cursor: Cursor, serving: str, consumer: Consumer, version: int) -> None:
    """From the commit on, plain names mean this version."""
    member = consumer.member
    assert isinstance(member, Projections)
    for table in member.tables:
        cursor.execute(f'drop view if exists read."{table}"')
        cursor.execute(f'create view read."{table}" as select * from {schema(version)}."{table}"')
        cursor.execute(f'grant select on read."{table}" to "{serving}"')
    cursor.execute(
        "insert into public.consumer_version (consumer, live_version, definition, tables) values (%s, %s, %s, %s) "
        "on conflict (consumer) do update set live_version = excluded.live_version, definition = excluded.definition, "
        "tables = excluded.tables, changed_at = clock_timestamp()",
        (consumer.name, version, member.definition, list(member.tables)),
    )


@dataclass(frozen=True, slots=True)
class Live:
    """The version of a consumer's read models that answers queries. `tables` are those it was made with."""

    consumer: str
    version: int
    tables: tuple[str, ...]
    definition: bytes
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consumer is, for lists. `version` is None for those without read models of their own."""

    consumer: str
    version: int | None
    tables: tuple[str, ...]
    fits_code: bool
    """False: its tables were made from other SQL than this code's, a rebuild is due."""
    dealt_with: int
    """Positions of its watermarks, added up: grows with every message."""
    parked: int
    stopped: tuple[StoppedPartition, ...]
    moved_at: datetime | None


def live(cursor: Cursor, consumer: str) -> Live:
    """Raises NotInstalled."""
    cursor.execute(LIVE_ROW, (consumer,))
    row = cursor.fetchone()
    if row is None:
        raise NotInstalled(f"the tables of {consumer} were never made: run `migrate`")
    name, version, tables, definition, changed_at = row
    return Live(name, version, tuple(tables), bytes(definition), changed_at)


def listed(cursor: Cursor, consumers: Iterable[Consumer]) -> list[Standing]:
    """Every consumer of a service in the order given."""
    return [_standing(cursor, consumer) for consumer in consumers]


def _standing(cursor: Cursor, consumer: Consumer) -> Standing:
    member, rows, version, fits = consumer.member, consumer.name, None, True
    tables: tuple[str, ...] = ()
    if isinstance(member, Projections):
        found = live(cursor, consumer.name)
        rows, version, tables = physical(consumer.name, found.version), found.version, found.tables
        fits = found.definition == member.definition
    cursor.execute(
        "select coalesce(sum(position), 0)::bigint, max(moved_at), "
        "(select count(*) from public.parked p where p.consumer = %(rows)s and p.state in ('parked', 'retry')) "
        "from public.watermark w where w.consumer = %(rows)s",
        {"rows": rows},
    )
    dealt_with, moved_at, waiting = cursor.fetchone() or (0, None, 0)
    stopped = tuple(one for one in stops.listed(cursor, consumer.name) if one.consumer == rows)
    return Standing(consumer.name, version, tables, fits, dealt_with, waiting, stopped, moved_at)
