"""The serving role tries to rewrite history, by every way we could think of."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2 import errors

from tests.integration.store.conftest import made
from tests.integration.store.counting import Store
from tests.support.stack_fixture import Databases

FORBIDDEN = (errors.InsufficientPrivilege,)

APPEND_ONLY = ("event", "log", "command", "inbox", "epoch")


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[Store]:
    """One for all attempts: each must leave it as it was."""
    with made(databases) as store:
        store.fill(10)
        yield store


def attempt(store: Store, sql: str) -> None:
    with store.pool.transaction() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["delete from {}", "truncate {} cascade", "update {} set {} = null"])
def test_nothing_append_only_can_be_changed(filled: Store, table: str, verb: str) -> None:
    column = {"event": "data", "log": "hash", "command": "response", "inbox": "reply", "epoch": "reason"}[table]
    with pytest.raises(FORBIDDEN):
        attempt(filled, verb.format(table, column))


@pytest.mark.parametrize(
    "sql",
    [
        "alter table event disable trigger all",
        "alter table event disable trigger append_only",
        "drop trigger append_only on event",
        "drop table log",
        "alter table log drop column hash",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "create or replace function append() returns text language sql as 'select null'",
        "drop function append",
        "set role phoihop_owner",
        "set session authorization phoihop_owner",
        "set session_replication_role = replica",
        "grant phoihop_owner to phoihop",
        "alter role phoihop superuser",
        "create table public.event_copy (like event)",
        "create schema attic",
        "update stream set category = 'x'",
        "update stream set stream_id = gen_random_uuid()",
        "delete from stream",
        "update claim set stream_id = gen_random_uuid()",
        "update outbox set value = ''",
        "truncate unsequenced",
        "truncate claim",
        "delete from migration",
        "update migration set sha256 = ''",
        "insert into migration (name, sha256) values ('x', '')",
        "create rule r as on insert to event do instead nothing",
        "create temporary table event (like public.event)",
        "copy event to program 'cat'",
        "select pg_read_file('postgresql.conf')",
        "select lo_import('/etc/passwd')",
        "insert into event overriding system value select * from event",
    ],
)
def test_no_side_door_opens(filled: Store, sql: str) -> None:
    before = filled.rows("select count(*), sum(length(data::text)) from event")
    with pytest.raises((*FORBIDDEN, errors.UniqueViolation, errors.DuplicateFunction)):
        attempt(filled, sql)
    assert filled.rows("select count(*), sum(length(data::text)) from event") == before


def test_granting_oneself_a_right_gives_none(filled: Store) -> None:
    attempt(filled, "grant update on event to phoihop")  # PostgreSQL only warns
    with pytest.raises(FORBIDDEN):
        attempt(filled, "update event set data = '{}'")


@pytest.mark.parametrize("table", [*APPEND_ONLY, "stream"])
@pytest.mark.parametrize("verb", ["delete from {}", "truncate {} cascade"])
def test_even_the_owner_meets_the_second_wall(filled: Store, table: str, verb: str) -> None:
    connection = psycopg2.connect(filled.owner_dsn)
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refusal:
        cursor.execute(verb.format(table))
    assert refusal.value.pgcode == "PH009"
    connection.close()


def test_the_owner_cannot_update_either(filled: Store) -> None:
    connection = psycopg2.connect(filled.owner_dsn)
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refusal:
        cursor.execute("update event set data = '{}'")
    assert refusal.value.pgcode == "PH009"
    connection.close()
