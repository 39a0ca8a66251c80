"""What passes by, what parks a message, and when too many of those stop a partition."""

import psycopg2
import pytest
from psycopg2 import errors

from chassis.consume.failures import (
    CONSECUTIVE_LIMIT,
    WINDOW,
    WINDOW_LIMIT,
    BusAway,
    FirstCauses,
    Stop,
    Transient,
    is_transient,
)
from chassis.kafka.clients import KafkaError
from chassis.postgres.pool import PoolExhausted, Unavailable
from chassis.process.work import cause
from chassis.relay.ahead import WrongPartitions
from contracts.refusals import Invalid


@pytest.mark.parametrize(
    "error",
    [
        Transient("a race"),
        Unavailable("the database is away"),
        PoolExhausted("busy"),
        psycopg2.OperationalError("server closed the connection unexpectedly"),
        psycopg2.InterfaceError("connection already closed"),
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.LockNotAvailable(),
        errors.QueryCanceled(),
        errors.DiskFull(),
        errors.AdminShutdown(),
        errors.ReadOnlySqlTransaction(),
        errors.IdleInTransactionSessionTimeout(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_by_is_tried_again(error: Exception):
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        KeyError("x"),
        Invalid("x"),
        errors.UniqueViolation(),
        errors.UndefinedTable(),
        errors.DataError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_would_come_again_is_not(error: Exception):
    assert not is_transient(error)


def test_what_was_in_the_way_has_a_name():
    known = [PoolExhausted("busy"), errors.DeadlockDetected(), BusAway("no broker"), Transient("a race")]
    assert [cause(error) for error in known] == ["database", "database", "bus", "race"]
    assert [cause(error) for error in (KafkaError(), WrongPartitions("13, not 12"))] == ["bus", "person"]


def test_ten_failures_in_a_row_are_too_many():
    limits = FirstCauses()
    for _ in range(CONSECUTIVE_LIMIT - 1):
        limits.failed()
    with pytest.raises(Stop):
        limits.failed()


def test_a_success_in_between_begins_the_count_again():
    limits = FirstCauses()
    for _ in range(CONSECUTIVE_LIMIT - 1):
        limits.failed()
    limits.succeeded()
    limits.failed()


def test_more_than_one_percent_of_the_last_thousand_are_too_many():
    limits = FirstCauses()
    for _ in range(WINDOW_LIMIT):
        limits.succeeded(50)
        limits.failed()
    with pytest.raises(Stop):
        limits.failed()


def test_failures_older_than_a_thousand_messages_are_forgotten():
    limits = FirstCauses()
    for _ in range(5 * WINDOW_LIMIT):
        limits.failed()
        limits.succeeded(WINDOW // WINDOW_LIMIT)


def test_a_copy_counts_for_itself():
    limits = FirstCauses()
    for _ in range(CONSECUTIVE_LIMIT - 1):
        limits.copy().failed()
        limits.failed()
    with pytest.raises(Stop):
        limits.copy().failed()
