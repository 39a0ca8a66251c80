"""The servers every other test stands on."""

from contextlib import closing
from typing import Any

import psycopg2
import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.local.stack.servers import Servers
from tests.support.stack_fixture import Database, Databases


def one(dsn: str, query: str) -> Any:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_postgresql_keeps_what_it_confirms(servers: Servers, setting: str) -> None:
    assert one(servers.postgres.admin_dsn, f"show {setting}") == "on"


def test_postgresql_sorts_as_vietnamese_do(database: Database) -> None:
    words = "array_agg(w order by w)"
    sorted_words = one(
        database.dsn,
        f"select {words} from unnest(array['Ô','O','Đồng','Dừa','Ê','E','Ân','An','Bàu','Ăn','Ơ']) as w",
    )
    assert sorted_words == ["An", "Ăn", "Ân", "Bàu", "Dừa", "Đồng", "E", "Ê", "O", "Ô", "Ơ"]


def test_search_without_accents_is_there(database: Database) -> None:
    assert one(database.dsn, "select unaccent('Đường Nguyễn Trãi')") == "Duong Nguyen Trai"
    assert one(database.dsn, "select similarity('Trai', 'Trai')") == 1


def test_the_owner_makes_tables_and_the_serving_role_does_not(database: Database) -> None:
    with closing(psycopg2.connect(database.owner_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("create table t (n int)")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(database.dsn, "select count(*) from t")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(database.dsn, "create table u (n int); select 1")


def test_another_service_cannot_connect(database: Database, databases: Databases, servers: Servers) -> None:
    databases.fresh("neighbour")
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        psycopg2.connect(servers.postgres.dsn("neighbour", database=database.name))


def test_postgresql_refuses_a_wrong_password(database: Database) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(database.dsn.replace("@", "x@"))


def test_a_copy_of_a_filled_database_is_filled_once(databases: Databases) -> None:
    fillings = []

    def fill(empty: Database) -> None:
        fillings.append(empty.name)
        with closing(psycopg2.connect(empty.owner_dsn)) as owner, owner, owner.cursor() as cursor:
            cursor.execute(
                f"create table t (n int); insert into t values (7); grant select on t to {empty.serving_role}"
            )

    first = databases.copy_of("filled_once", fill)
    second = databases.copy_of("filled_once", fill)
    assert (one(first.dsn, "select n from t"), one(second.dsn, "select n from t")) == (7, 7)
    assert len(fillings) == 1


def test_kafka_refuses_a_wrong_password(kafka: dict[str, Any]) -> None:
    with pytest.raises(KafkaError):
        KafkaAdminClient(**{**kafka, "sasl_plain_password": "wrong"}, bootstrap_timeout_ms=2000)


def test_a_user_without_rights_sees_no_topic(servers: Servers, kafka: dict[str, Any]) -> None:
    with closing(KafkaAdminClient(**kafka)) as admin:
        admin.create_topics({"stack.seen-by-admin": {"num_partitions": 1, "replication_factor": 1}})
        assert "stack.seen-by-admin" in admin.list_topics()
    servers.kafka.ensure_users(["stranger"])
    with closing(KafkaAdminClient(**servers.kafka.client_settings("stranger"))) as stranger:
        assert stranger.list_topics() == []


def test_secrets_are_readable_by_their_owner_alone(servers: Servers) -> None:
    secrets = list((servers.state.root / "secrets").iterdir())
    assert {"postgres-admin", "kafka-admin"} <= {secret.name for secret in secrets}
    assert {secret.stat().st_mode & 0o777 for secret in secrets} == {0o600}
    assert (servers.state.root / "kafka" / "server.properties").stat().st_mode & 0o777 == 0o600
