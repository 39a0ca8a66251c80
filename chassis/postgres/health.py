"""What must be true of the database before a process calls itself ready."""

from collections.abc import Iterable
from pathlib import Path

import psycopg2

from chassis.postgres import migrate
from chassis.postgres.pool import Pool, Unavailable

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
"""With any of these off an acknowledged command can be lost."""


def problems(pool: Pool, folders: Iterable[Path]) -> list[str]:
    """One line for each reason not to be ready; empty when all is well. Never raises for a database that is away."""
    try:
        with pool.statements() as cursor:
            cursor.execute("select name, setting from pg_settings where name = any(%s)", (list(DURABILITY),))
            found = [f"PostgreSQL runs with {name} = {setting}" for name, setting in cursor if setting == "off"]
            found += [f"migration {name} is missing" for name in migrate.missing(cursor, folders)]
            return found
    except psycopg2.errors.UndefinedTable:
        return ["no migration was applied yet"]
    except (psycopg2.Error, Unavailable) as error:
        return [f"PostgreSQL cannot be asked: {str(error).strip()}"]
