"""A real PostgreSQL 18 on 127.0.0.1, with durability on and Vietnamese sorting.

Credentials, in the state folder's `secrets/`, one file each: `postgres-admin` (role `postgres`), and per service
`postgres-<service>-owner` (role `<service>_owner`, owns the database `<service>`, migrates) and `postgres-<service>`
(role `<service>`, serves; what it may touch is granted by the migrations).
"""

import os
import re
import shutil
import signal
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import psycopg2
from psycopg2 import sql

from deploy.local.stack import process
from deploy.local.stack.binaries import Binaries
from deploy.local.stack.errors import StackError
from deploy.local.stack.process import Child
from deploy.local.stack.state import NOBODY, StateFolder, require_reachable, write_private

EXTENSIONS = ("unaccent", "pg_trgm")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}  # fsync, synchronous_commit and full_page_writes keep their default: on
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """`start()`, then `create_databases()` and `dsn()`. Data, passwords and log are kept in the state folder."""

    def __init__(self, state: StateFolder, binaries: Binaries, port: int) -> None:
        self.state = state
        self.port = port
        self.child: Child | None = None
        self.wrapper: tuple[str, ...] = ()
        """Words before the server's own when it is launched; tests of faults change its clock with them."""
        self._bin = binaries.postgres / "bin"
        self._data = state.root / "postgres" / "data"
        self._user = NOBODY if os.geteuid() == 0 else None

    @property
    def admin_dsn(self) -> str:
        """libpq URL of the superuser, database `postgres`."""
        return self.url("postgres", "postgres-admin", "postgres")

    def dsn(self, service: str, role: Literal["serving", "owner"] = "serving", database: str | None = None) -> str:
        """libpq URL of a service's database, or of another `database` as the same role."""
        if role == "owner":
            return self.url(f"{service}_owner", f"postgres-{service}-owner", database or service)
        return self.url(service, f"postgres-{service}", database or service)

    def url(self, role: str, secret: str, database: str) -> str:
        return f"postgresql://{role}:{self.state.secret(secret)}@127.0.0.1:{self.port}/{database}"

    def launch(self) -> Child:
        """Starts the server, makes the data folder first if there is none, and does not wait. Raises CannotStart."""
        if not self._data.exists():
            self._initdb()
        self._drop_stale_pid_file()
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self.child = process.start(
            "postgres",
            [*self.wrapper, self._bin / "postgres", "-D", self._data, "-p", str(self.port), *options],
            self.state,
            user=self._user,
            if_we_die="QUIT",  # an immediate shutdown: as safe as a power cut, and it frees its shared memory
        )
        return self.child

    def start(self, limit_s: float = 30) -> float:
        """Launches and waits until it answers; returns the seconds taken. Raises CannotStart."""
        return process.wait_ready(self.launch(), self.is_ready, limit_s)

    def is_ready(self) -> bool:
        try:
            psycopg2.connect(self.admin_dsn, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast", limit_s: float = 20) -> None:
        if self.child is not None:
            self.child.stop(limit_s, STOP_SIGNALS[mode])
            self.child = None

    def kill(self) -> None:
        """SIGKILL to the postmaster. Its backends notice and end within moments."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    def pause(self) -> None:
        """Freezes the postmaster: no new connection is answered until `resume()`. Open connections go on."""
        if self.child is not None:
            self.child.send(signal.SIGSTOP)

    def resume(self) -> None:
        if self.child is not None:
            self.child.send(signal.SIGCONT)

    def create_databases(self, services: Iterable[str]) -> list[str]:
        """Roles, database and extensions of each service; what exists is left, its passwords are set again.

        Answers which databases are new.
        """
        made = []
        for service in services:
            self.create_roles(service)
            if not self.exists(service):
                made.append(service)
                self._create_database(service, f"{service}_owner", template="template0")
                with closing(self._connect(service)) as connection, connection, connection.cursor() as cursor:
                    for extension in EXTENSIONS:
                        cursor.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))
            self._admit(service, service)
        return made

    def create_roles(self, service: str) -> None:
        """Roles `<service>_owner` and `<service>`, with the passwords of the state folder."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", service):
            raise StackError(f"{service!r} is no usable service name")
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            for role, secret in ((f"{service}_owner", f"postgres-{service}-owner"), (service, f"postgres-{service}")):
                cursor.execute("select 1 from pg_roles where rolname = %s", (role,))
                verb = sql.SQL("alter" if cursor.fetchone() else "create")
                cursor.execute(
                    sql.SQL("{} role {} login password {}").format(
                        verb, sql.Identifier(role), sql.Literal(self.state.secret(secret))
                    )
                )

    def clone(self, template: str, name: str, service: str | None = None) -> None:
        """Makes database `name` as a copy of `template` (which nobody may be connected to).

        `service`: its owner role becomes the owner and its serving role is let in; else the template's owner stays.
        """
        owner = (
            f"{service}_owner"
            if service
            else self._one("select pg_get_userbyid(datdba) from pg_database where datname = %s", template)
        )
        self._create_database(name, owner, template)
        self._admit(name, service or owner.removesuffix("_owner"))

    def drop(self, name: str) -> None:
        """Drops a database with every connection to it; nothing happens when there is none."""
        self._run(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def exists(self, name: str) -> bool:
        return bool(self._one("select exists (select from pg_database where datname = %s)", name))

    def _create_database(self, name: str, owner: str, template: str) -> None:
        self._run(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)
            )
        )

    def _admit(self, database: str, service: str) -> None:
        """Only the two roles of the service may connect."""
        names = {
            "database": sql.Identifier(database),
            "serving": sql.Identifier(service),
            "owner": sql.Identifier(f"{service}_owner"),
        }
        self._run(sql.SQL("revoke all on database {database} from public").format(**names))
        self._run(sql.SQL("grant connect on database {database} to {serving}, {owner}").format(**names))

    def _connect(self, database: str = "postgres") -> Any:
        return psycopg2.connect(self.url("postgres", "postgres-admin", database), connect_timeout=10)

    def _run(self, statement: sql.Composable) -> None:
        with closing(self._connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    def _one(self, query: str, *values: object) -> Any:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
            if row is None:
                raise StackError(f"PostgreSQL knows no {', '.join(map(str, values))}")
            return row[0]

    def _initdb(self) -> None:
        """Into a folder beside it, renamed at the end: an interrupted initdb leaves nothing that looks whole."""
        folder = self.state.folder("postgres")
        if self._user is not None:
            require_reachable(folder)
            os.chown(folder, self._user, self._user)
        partial, passwords = self._data.with_suffix(".partial"), folder / "initdb-password"
        shutil.rmtree(partial, ignore_errors=True)
        write_private(passwords, self.state.secret("postgres-admin"))
        if self._user is not None:
            os.chown(passwords, self._user, self._user)
        try:
            # fmt: off
            child = process.start("initdb", [
                self._bin / "initdb", "-D", partial, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={passwords}",
                "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=vi-VN",
            ], self.state, user=self._user)
            # fmt: on
            process.run_to_end(child, limit_s=60)
        finally:
            passwords.unlink(missing_ok=True)
        partial.rename(self._data)

    def _drop_stale_pid_file(self) -> None:
        """After a power cut another server may have the old pid, and PostgreSQL would refuse to start.

        We hold the state's lock, so a server of this folder is one we know; anything else in the file is stale.
        """
        pid_file = self._data / "postmaster.pid"
        try:
            pid = pid_file.read_text().splitlines()[0]
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            stale = str(self._data).encode() not in argv
        except (IndexError, FileNotFoundError, ProcessLookupError):
            stale = True
        if stale:
            pid_file.unlink(missing_ok=True)
