"""The pool: bounded, waiting, healing; with threads here and on eventlet in a process of its own."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from chassis.consume.failures import is_transient
from chassis.observe.metrics import DATABASE_FAILURES
from chassis.postgres.pool import Pool, PoolExhausted, Unavailable
from tests.integration.store.counting import Store
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]


CLAIM = "insert into claim values ('a', gen_random_uuid()::text, gen_random_uuid())"


def claim_and_fail(pool: Pool) -> None:
    with pool.transaction() as cursor:
        cursor.execute(CLAIM)
        raise ZeroDivisionError


def one(pool: Pool) -> int:
    with pool.transaction() as cursor:
        cursor.execute("select pg_backend_pid()")
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


def test_no_more_connections_than_allowed_and_nobody_is_turned_away(store: Store) -> None:
    pool = Pool(store.dsn, 3)
    with ThreadPoolExecutor(20) as users:
        backends = set(users.map(lambda _: one(pool), range(100)))
    assert len(backends) <= 3
    pool.close()


def test_who_waits_too_long_is_told(store: Store) -> None:
    pool = Pool(store.dsn, 1, wait_s=0.05)
    with pool.transaction(), pytest.raises(PoolExhausted, match="all 1 database connections"):
        one(pool)
    one(pool)
    pool.close()


def test_a_waiting_caller_gets_the_connection_that_comes_back(store: Store) -> None:
    pool, waiting = Pool(store.dsn, 1, wait_s=10), threading.Event()

    def wait() -> int:
        waiting.set()
        return one(pool)

    with ThreadPoolExecutor(1) as users:
        with pool.transaction() as cursor:
            cursor.execute("select pg_backend_pid()")
            [held] = cursor.fetchone() or (0,)
            user = users.submit(wait)
            waiting.wait(5)
        assert user.result(5) == held
    pool.close()


@pytest.mark.fault("F14")
def test_cut_connections_are_replaced_without_an_error_reaching_the_next_caller(store: Store) -> None:
    pool = Pool(store.dsn, 3)
    with pool.transaction() as a, pool.transaction() as b:
        a.execute("select 1")
        b.execute("select 1")
    cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and datname = %s"
    admin = psycopg2.connect(store.admin_dsn)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("select current_database()")
        [name] = cursor.fetchone() or ("",)
        cursor.execute(cut, (name,))
        others = "select count(*) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"

        def gone() -> bool:
            cursor.execute(others, (name,))
            return cursor.fetchone() == (0,)

        wait_until(gone, 5, "the backends ended")
    admin.close()
    assert [one(pool) > 0 for _ in range(3)] == [True, True, True]
    pool.close()


def test_a_connection_cut_in_use_is_not_given_out_again(store: Store) -> None:
    pool = Pool(store.dsn, 1)
    with pytest.raises(psycopg2.Error), pool.transaction() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
    assert one(pool) > 0
    pool.close()


def test_what_was_not_committed_is_rolled_back(store: Store) -> None:
    pool = Pool(store.dsn, 1)
    with pytest.raises(ZeroDivisionError):
        claim_and_fail(pool)
    with pytest.raises(psycopg2.Error), pool.transaction() as cursor:
        cursor.execute(CLAIM + "; select 1/0")
    assert store.rows("select count(*) from claim") == [(0,)]
    pool.close()


def test_read_only_and_single_statements_leave_no_trace_on_the_connection(store: Store) -> None:
    pool = Pool(store.dsn, 1)
    with (
        pytest.raises(psycopg2.errors.ReadOnlySqlTransaction),
        pool.transaction(read_only=True) as cursor,
    ):
        cursor.execute(CLAIM)
    with pool.statements() as cursor:
        cursor.execute(CLAIM)
    with pytest.raises(ZeroDivisionError):
        claim_and_fail(pool)
    assert store.rows("select count(*) from claim") == [(1,)]
    pool.close()


def test_timeouts_are_the_server_s(store: Store) -> None:
    pool = Pool(store.dsn, 1, statement_timeout_s=0.05)
    with pytest.raises(psycopg2.errors.QueryCanceled), pool.transaction() as cursor:
        cursor.execute("select pg_sleep(10)")
    one(pool)
    pool.close()


def failures(cause: str) -> float:
    """As the metric of this process stands."""
    return float(DATABASE_FAILURES.labels(cause)._value.get())


def test_what_the_server_breaks_off_is_counted_by_cause_and_what_a_statement_does_wrong_is_not(store: Store) -> None:
    pool, holder = Pool(store.dsn, 1, lock_timeout_s=0.05), Pool(store.dsn, 1)
    before = {cause: failures(cause) for cause in ("lock-timeout", "lost", "refused", "other")}
    with holder.transaction() as other:
        other.execute("lock table claim")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            claim_and_fail(pool)
    with pytest.raises(psycopg2.errors.SyntaxError), pool.transaction() as cursor:
        cursor.execute("no sentence of SQL")
    with pytest.raises(Unavailable):
        one(Pool("postgresql://nobody@127.0.0.1:1/none"))
    found = {cause: failures(cause) - count for cause, count in before.items()}
    assert found == {"lock-timeout": 1, "lost": 0, "refused": 1, "other": 0}
    pool.close()
    holder.close()


def test_a_transaction_that_falls_silent_is_ended_and_its_locks_are_free(store: Store) -> None:
    frozen, other = Pool(store.dsn, 1, idle_s=0.1), Pool(store.dsn, 1)

    def falls_silent() -> None:
        with frozen.transaction() as cursor:
            cursor.execute("lock table claim")
            with pytest.raises(ZeroDivisionError):
                claim_and_fail(other)  # waits for the lock until the server has ended the silent one
            cursor.execute("select 1")

    with pytest.raises(psycopg2.Error) as ended:
        falls_silent()
    assert is_transient(ended.value)
    assert one(frozen) > 0
    frozen.close()
    other.close()


def test_a_server_that_is_away_is_told_in_one_line() -> None:
    with pytest.raises(Unavailable, match="does not let us in"):
        one(Pool("postgresql://nobody@127.0.0.1:1/none"))


def test_a_closed_pool_gives_nothing(store: Store) -> None:
    pool = Pool(store.dsn, 1)
    one(pool)
    pool.close()
    with pytest.raises(Unavailable, match="stopping"):
        one(pool)


GREEN = """
import eventlet
eventlet.monkey_patch()
import sys, time
import psycopg2
from chassis.postgres.pool import Pool, PoolExhausted, Unavailable
pool = Pool(sys.argv[1], 4, wait_s=20)

def ask(number):
    with pool.transaction() as cursor:
        cursor.execute("select %s::int, pg_backend_pid() from pg_sleep(0.1)", (number,))
        return cursor.fetchone()

begin = time.monotonic()
answers = list(eventlet.GreenPool(40).imap(ask, range(24)))
took = time.monotonic() - begin
assert [number for number, _ in answers] == list(range(24)), answers
assert len({pid for _, pid in answers}) <= 4
assert took < 24 * 0.1 * 0.8, f"queries did not run at the same time: {took}"
try:
    with pool.transaction() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
except psycopg2.Error:
    pass
assert ask(7)[0] == 7
silent = eventlet.listen(("127.0.0.1", 0))
begin = time.monotonic()
try:
    with Pool(f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x", 1).transaction():
        raise SystemExit("a server that never answers let us in")
except Unavailable:
    assert 4 < time.monotonic() - begin < 60
print("green")
"""

HALF_PATCHED = """
import eventlet
eventlet.monkey_patch(socket=True)
import importlib, sys
try:
    importlib.import_module(sys.argv[1])
except ImportError as error:
    assert "eventlet patched" in str(error)
    print("refused")
"""


def python(program: str, argument: str) -> str:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, argument], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_on_eventlet_queries_run_side_by_side_and_a_silent_server_is_given_up(store: Store) -> None:
    assert python(GREEN, store.dsn) == "green"


@pytest.mark.parametrize("module", ["chassis.postgres.pool", "chassis.kafka.clients"])
def test_half_a_patch_is_refused_at_import(module: str) -> None:
    assert python(HALF_PATCHED, module) == "refused"
