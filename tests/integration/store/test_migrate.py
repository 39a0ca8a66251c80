"""Numbered files, each applied once, by the owner."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from chassis.postgres import health, migrate
from chassis.postgres.migrate import MigrationRefused
from chassis.postgres.pool import Pool
from tests.support.stack_fixture import Database


def folder(root: Path, **files: str) -> Path:
    place = root / "toy" / "migrations"
    place.mkdir(parents=True, exist_ok=True)
    for name, sql in files.items():
        (place / f"{name}.sql").write_text(sql, "utf-8")
    return place


FIRST = {"0001_one": 'create table one (a int); grant select on one to :"serving";'}
SECOND = {"0002_two": 'create table two (a int); grant select on two to :"serving";'}


def apply(database: Database, place: Path) -> list[str]:
    return migrate.apply(database.owner_dsn, database.serving_role, [place])


def test_files_are_applied_once_and_in_order(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **SECOND, **FIRST)
    assert apply(database, place) == ["toy/0001_one.sql", "toy/0002_two.sql"]
    assert apply(database, place) == []
    with Pool(database.dsn).transaction() as cursor:
        cursor.execute("select (select count(*) from one) + (select count(*) from two)")
        assert cursor.fetchone() == (0,)


def test_a_changed_file_is_refused(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **FIRST)
    apply(database, place)
    folder(tmp_path, **{"0001_one": "create table one (a bigint)"}, **SECOND)
    with pytest.raises(MigrationRefused, match=r"toy/0001_one\.sql was changed"):
        apply(database, place)
    assert health.problems(Pool(database.dsn), [place]) == [
        "migration toy/0001_one.sql is missing",
        "migration toy/0002_two.sql is missing",
    ]


@pytest.mark.fault("F12")
def test_a_file_that_fails_half_way_leaves_nothing_of_itself(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **FIRST, **{"0002_two": "create table two (a int); select 1/0;"})
    with pytest.raises(MigrationRefused, match=r"toy/0002_two\.sql: division by zero"):
        apply(database, place)
    assert health.problems(Pool(database.dsn), [place]) == ["migration toy/0002_two.sql is missing"]
    folder(tmp_path, **SECOND)
    assert apply(database, place) == ["toy/0002_two.sql"]
    assert health.problems(Pool(database.dsn), [place]) == []


def test_two_at_once_wait_for_each_other(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **FIRST, **SECOND)
    with ThreadPoolExecutor(4) as starts:
        applied = list(starts.map(lambda _: apply(database, place), range(4)))
    assert sorted(applied) == [[], [], [], ["toy/0001_one.sql", "toy/0002_two.sql"]]


def test_a_serving_role_with_a_difficult_name_is_quoted(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **FIRST)
    with pytest.raises((MigrationRefused, psycopg2.Error), match="does not exist"):
        migrate.apply(database.owner_dsn, 'x"; drop table one; --', [place])


def test_readiness_names_what_makes_acknowledging_unsafe(database: Database, tmp_path: Path) -> None:
    place = folder(tmp_path, **FIRST)
    assert health.problems(Pool(database.dsn), [place]) == ["no migration was applied yet"]
    apply(database, place)
    unsafe = Pool(database.dsn + "?options=-c%20synchronous_commit%3Doff")
    assert health.problems(unsafe, [place]) == []  # the pool's own options win over what stands in the DSN
    with psycopg2.connect(database.admin_dsn) as admin, admin.cursor() as cursor:
        cursor.execute(f"alter role {database.serving_role} in database {database.name} set synchronous_commit = off")
    admin.close()
    assert health.problems(Pool(database.dsn), [place]) == ["PostgreSQL runs with synchronous_commit = off"]


def test_a_database_that_is_away_is_a_problem_and_no_crash() -> None:
    assert "PostgreSQL" in health.problems(Pool("postgresql://nobody@127.0.0.1:1/none"), [])[0]
