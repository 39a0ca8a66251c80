"""A real PgBouncer in transaction mode: whoever asks through it gets another session with every transaction."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from deploy.local.stack import fault_programs, process
from deploy.local.stack.process import Child
from deploy.local.stack.state import NOBODY, write_private
from tests.faults.system import System

SESSIONS = 6
"""With the server, for each service: fewer than its two processes would open by themselves."""
READY_LIMIT_S = 20


class Pooler:
    """`start()`, then `url()`; `kill()` and `start()` again."""

    def __init__(self, system: System, services: tuple[str, ...]) -> None:
        self._system, self._services = system, services
        self.port = system.stack.ports.companies[1]
        self.child: Child | None = None

    def url(self, service: str) -> str:
        """What DATABASE_URL_<SERVICE> is to be."""
        postgres = self._system.stack.servers.postgres
        return postgres.dsn(service).replace(f":{postgres.port}/", f":{self.port}/")

    def start(self) -> None:
        programs = fault_programs.install(self._system.stack.state.servers)
        self.child = process.start(
            "pgbouncer",
            [programs.pgbouncer, self._write_settings()],
            self._system.stack.state,
            environment={"LD_LIBRARY_PATH": str(programs.libraries)},
            user=NOBODY if os.geteuid() == 0 else None,
        )
        process.wait_ready(self.child, self._answers, READY_LIMIT_S)

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url(self._services[0]), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _write_settings(self) -> str:
        state, postgres = self._system.stack.state, self._system.stack.servers.postgres
        folder = state.folder("pgbouncer")
        users, settings = folder / "users.txt", folder / "pgbouncer.ini"
        secrets = {service: state.secret(f"postgres-{service}") for service in self._services}
        write_private(users, "".join(f'"{name}" "{password}"\n' for name, password in secrets.items()))
        databases = "".join(f"{one} = host=127.0.0.1 port={postgres.port} dbname={one}\n" for one in self._services)
        text = f"""[databases]
{databases}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {SESSIONS}
max_client_conn = 200
ignore_startup_parameters = options
"""
        write_private(settings, text)
        if os.geteuid() == 0:
            for file in (users, settings):
                os.chown(file, NOBODY, NOBODY)
        return str(settings)


@contextmanager
def pooling(system: System, *services: str) -> Iterator[Pooler]:
    """Between these services and PostgreSQL, until the end."""
    pooler = Pooler(system, services)
    pooler.start()
    try:
        yield pooler
    finally:
        pooler.kill()
