"""Numbered SQL files, each applied once, in order, by the owner; a file that changed afterwards is refused.

In the files `:"serving"` stands for the serving role, quoted as an identifier; each file grants it what it needs.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import quote_ident

LOCK = 0x70686F69686F70  # "phoihop"
NOTEBOOK = """
create table if not exists public.migration (
    name text primary key, sha256 bytea not null, applied_at timestamptz not null default clock_timestamp())
"""


class MigrationRefused(Exception):
    """A file was changed after it was applied, two files bear one name, or the SQL itself failed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file, as it is on disk."""

    name: str
    """`store/0001_store.sql`: the folder above `migrations/`, and the file."""
    sql: str

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.sql.encode()).digest()


def found_in(folders: Iterable[Path]) -> list[Migration]:
    """Folders in the order given, files by name. Raises MigrationRefused when two bear the same name."""
    found = [
        Migration(f"{folder.parent.name}/{file.name}", file.read_text("utf-8"))
        for folder in folders
        for file in sorted(folder.glob("[0-9]*.sql"))
    ]
    names = [migration.name for migration in found]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise MigrationRefused(f"two migrations bear one name: {doubled[0]}")
    return found


def apply(owner_dsn: str, serving_role: str, folders: Iterable[Path]) -> list[str]:
    """Applies what is missing, one transaction a file, under a lock that a second caller waits for.

    Returns the names applied now. Raises MigrationRefused; files before the one that failed stay applied.
    """
    wanted = found_in(folders)
    with closing(psycopg2.connect(owner_dsn, application_name="phoihop migrate")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("select pg_advisory_lock(%s)", (LOCK,))
        cursor.execute("set client_min_messages = warning")
        serving = quote_ident(serving_role, connection)
        cursor.execute(NOTEBOOK)
        cursor.execute(f"grant usage on schema public to {serving}")
        cursor.execute(f"grant select on public.migration to {serving}")
        return list(_apply_missing(connection, serving, wanted))


def _apply_missing(connection: Any, serving: str, wanted: list[Migration]) -> Iterator[str]:
    cursor = connection.cursor()
    applied = recorded(cursor)
    for migration in wanted:
        if migration.name in applied:
            if applied[migration.name] != migration.sha256:
                raise MigrationRefused(f"{migration.name} was changed after it was applied: add a new file instead")
            continue
        connection.autocommit = False
        try:
            cursor.execute(migration.sql.replace(':"serving"', serving))
            cursor.execute(
                "insert into public.migration (name, sha256) values (%s, %s)", (migration.name, migration.sha256)
            )
            connection.commit()
        except psycopg2.Error as error:
            connection.rollback()
            raise MigrationRefused(f"{migration.name}: {str(error).strip()}") from error
        finally:
            connection.autocommit = True
        yield migration.name


def recorded(cursor: Any) -> dict[str, bytes]:
    """The digest of each applied file by name."""
    cursor.execute("select name, sha256 from public.migration")
    return {name: bytes(digest) for name, digest in cursor.fetchall()}


def missing(cursor: Any, folders: Iterable[Path]) -> list[str]:
    """Names of the files that are not applied, or were applied with another content."""
    applied = recorded(cursor)
    return [wanted.name for wanted in found_in(folders) if applied.get(wanted.name) != wanted.sha256]
