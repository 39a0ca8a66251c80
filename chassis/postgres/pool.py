"""Connections to one database: never more than `size`, handed out in turn, thrown away when they are broken.

Unavailable
├── PoolExhausted   our own connections are all in use
├── Contended       somebody else holds what is needed, or got in between each time
└── TimedOut        the server ended a statement that ran for too long

A pooler may stand between (PgBouncer in transaction mode, with `ignore_startup_parameters = options`): it keeps no
settings for us, so each transaction then brings its own.

Works on threads and on eventlet's green threads alike, because it waits on nothing but a condition of `threading`.
"""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

from chassis.observe.metrics import DATABASE_FAILURES
from chassis.postgres.cursor import IS_GREEN, PooledCursor

CONNECT_TIMEOUT_S = 5
KEEPALIVES: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}

ARRIVED = "select current_setting('phoihop.settings', true)"
"""'sent' on a connection that has taken our settings; a pooler has kept them to itself."""

CAUSES = {
    "40P01": "deadlock",
    "40001": "serialization",
    "55P03": "lock-timeout",
    "57014": "statement-timeout",
    "25P03": "idle",
    "25P04": "idle",
}
"""SQLSTATE → label of the metric; what passes by and stands not here is `other`, no SQLSTATE at all is `lost`."""

DatabaseError = psycopg2.Error
"""What the driver raises, for callers that must not know the driver."""


class Unavailable(Exception):
    """The database cannot be asked now; the same request may succeed in a moment (503, `Retry-After`)."""

    retry_after_s = 1


class PoolExhausted(Unavailable):
    """All connections stayed in use for as long as we were willing to wait."""


class Contended(Unavailable):
    """A deadlock, a lock that was not freed, a serialization failure: at each of our attempts."""


class TimedOut(Unavailable):
    """The server ended a statement at its time limit."""


class Pool:
    """At most `size` connections of one role to one database.

    statement_timeout_s, lock_timeout_s, idle_s: enforced by the server; 0 is none. idle_s: how long a transaction may
    stay open with nothing asked: a process that was frozen in one must not keep its locks. wait_s: how long a caller
    waits for a free connection before PoolExhausted. search_path: `read` holds the views of the live read models.
    """

    def __init__(
        self,
        dsn: str,
        size: int = 10,
        *,
        statement_timeout_s: float = 15,
        lock_timeout_s: float = 5,
        idle_s: float = 15,
        wait_s: float = 5,
        search_path: str = "read, public",
        application_name: str = "phoihop",
    ) -> None:
        self.dsn = dsn
        self.size = size
        self._wait_s = wait_s
        self._settings = {
            "statement_timeout": f"{int(statement_timeout_s * 1000)}",
            "lock_timeout": f"{int(lock_timeout_s * 1000)}",
            "idle_in_transaction_session_timeout": f"{int(idle_s * 1000)}",
            "search_path": search_path,
            "timezone": "UTC",
        }
        self._application_name = application_name
        self._free: list[Any] = []
        self._open = 0
        self._changed = threading.Condition()
        self._closed = False
        self._behind_pooler = False

    @contextmanager
    def transaction(self, read_only: bool = False) -> Iterator[PooledCursor]:
        """One transaction, READ COMMITTED: committed at the end, rolled back when anything is raised.

        Raises Unavailable when no connection can be had. An error of COMMIT itself leaves the outcome unknown.
        """
        with self._connection() as connection:
            if read_only:
                connection.readonly = True
            with connection.cursor() as cursor:
                if self._behind_pooler:
                    cursor.execute(self._set_for_this_transaction())
                yield cursor
            connection.commit()

    @contextmanager
    def statements(self) -> Iterator[PooledCursor]:
        """Each statement is its own transaction: one round trip where a transaction takes three.

        Behind a pooler they are one transaction, which brings its settings along.
        """
        with self._connection() as connection:
            if self._behind_pooler:
                with connection.cursor() as cursor:
                    cursor.execute(self._set_for_this_transaction())
                    yield cursor
                connection.commit()
                return
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def is_behind_pooler(self) -> bool:
        """Whether the last connection made leads to a pooler that keeps no settings. Raises Unavailable."""
        with self._connection():
            return self._behind_pooler

    def close(self) -> None:
        """Closes what is free now, and the rest when it comes back."""
        with self._changed:
            self._closed = True
            idle, self._free = self._free, []
            self._open -= len(idle)
            self._changed.notify_all()
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = self._take()
        try:
            yield connection
            if connection.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE:
                connection.rollback()
        except BaseException as error:
            _count(error)
            _roll_back(connection)
            raise
        finally:
            self._give_back(connection)

    def _take(self) -> Any:
        deadline = time.monotonic() + self._wait_s
        with self._changed:
            while True:
                if self._closed:
                    raise Unavailable("the pool is closed: this process is stopping")
                while self._free:
                    connection = self._free.pop()
                    if _is_alive(connection):
                        return connection
                    connection.close()
                    self._open -= 1
                if self._open < self.size:
                    self._open += 1
                    break
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    DATABASE_FAILURES.labels("pool-exhausted").inc()
                    raise PoolExhausted(f"all {self.size} database connections stayed busy for {self._wait_s:g} s")
                self._changed.wait(remaining)
        try:
            return self._connect()
        except BaseException:
            self._forget()
            raise

    def _give_back(self, connection: Any) -> None:
        usable = not connection.closed and connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        if usable and not self._closed:
            if connection.autocommit:
                connection.autocommit = False  # each of the two only if it was changed: set_session() asks the server
            if connection.readonly is not None:
                connection.readonly = None
            with self._changed:
                self._free.append(connection)
                self._changed.notify()
        else:
            connection.close()
            self._forget()

    def _forget(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _connect(self) -> Any:
        settings = self._settings | {"phoihop.settings": "sent"}
        options = " ".join(f"-c {name}={value.replace(' ', '')}" for name, value in settings.items())
        try:
            with _limit(CONNECT_TIMEOUT_S):
                connection = psycopg2.connect(
                    self.dsn,
                    cursor_factory=PooledCursor,
                    connect_timeout=CONNECT_TIMEOUT_S,
                    application_name=self._application_name,
                    options=options,
                    **KEEPALIVES,
                )
                self._behind_pooler = _ask(connection, ARRIVED) != "sent"
                return connection
        except psycopg2.OperationalError as error:
            DATABASE_FAILURES.labels("refused").inc()
            raise Unavailable(f"PostgreSQL does not let us in: {str(error).strip()}") from error

    def _set_for_this_transaction(self) -> str:
        values = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in self._settings.items())
        return f"select {values}"


def _ask(connection: Any, sql: str) -> Any:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    connection.autocommit = False
    return row[0] if row else None


def _count(error: BaseException) -> None:
    """What the server or the way to it broke off; what a statement did wrong is its author's affair."""
    state = getattr(error, "pgcode", None)
    if state in CAUSES:
        DATABASE_FAILURES.labels(CAUSES[state]).inc()
    elif isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        DATABASE_FAILURES.labels("other" if state else "lost").inc()


def _is_alive(connection: Any) -> bool:
    """A server has nothing to say on an idle connection but goodbye."""
    if connection.closed:
        return False
    try:
        readable, _, _ = select.select([connection.fileno()], [], [], 0)
    except (OSError, ValueError, psycopg2.Error):
        return False
    return not readable


def _roll_back(connection: Any) -> None:
    try:
        if not connection.closed:
            connection.rollback()
    except psycopg2.Error:
        connection.close()


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """In green mode psycopg2 ignores `connect_timeout`; there eventlet's own timeout ends the wait."""
    if not IS_GREEN:
        yield
        return
    import eventlet

    error = psycopg2.OperationalError(f"no answer within {seconds:g} s")
    with eventlet.Timeout(seconds, error):
        yield
