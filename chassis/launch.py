"""What happens after patching: settings, logs, and the part of the service's bootstrap that its role asks for."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import structlog

from chassis.observe import logs, traces
from chassis.process import garbage
from chassis.settings import CannotStart, Settings

HERE = Path(__file__).parent
CHASSIS_MIGRATIONS = (HERE / "store" / "migrations", HERE / "consume" / "migrations")


class Process(Protocol):
    """What `bootstrap.http` and `bootstrap.work` give back."""

    def run(self) -> int:
        """Serves until SIGTERM or SIGINT; answers the exit code. Raises CannotStart."""


class Bootstrap(Protocol):
    """The module `services/<name>/bootstrap.py`, the one place that wires."""

    def migrations(self) -> tuple[Path, ...]:
        """Folders of the service's own migrations, applied after the chassis's."""

    def consumers(self, settings: Settings) -> tuple[Any, ...]:
        """Run by `work`; `migrate` makes their tables, the command line rebuilds them."""

    def http(self, settings: Settings) -> Process: ...

    def work(self, settings: Settings) -> Process: ...


def launch(service: str, role: str, package: str) -> int:
    """Runs the role and answers the exit code. A start that fails leaves one line on stderr that says why."""
    logger = structlog.get_logger("chassis.launch")
    try:
        settings = Settings(service)
        logs.configure(service, role, settings.log_level)
        _trace(settings, role)
        bootstrap: Bootstrap = import_module(f"{package}.bootstrap")
        if role == "migrate":
            return _migrate(settings, bootstrap)
        if not settings.database_url:
            raise CannotStart(f"DATABASE_URL_{service.upper()} is not set")
        process = bootstrap.http(settings) if role == "http" else bootstrap.work(settings)
        garbage.look_less_often()
        code = process.run()
        logger.info("stopped", code=code)
        return code
    except CannotStart as reason:
        print(f"{service} {role} cannot start: {reason}", file=sys.stderr, flush=True)  # noqa: T201
        return 1


def _trace(settings: Settings, role: str) -> None:
    try:
        traces.start(settings.traces, settings.service, role)
    except OSError as error:
        raise CannotStart(f"PHOIHOP_TRACES: {settings.traces}: {error.strerror}") from None


def _migrate(settings: Settings, bootstrap: Bootstrap) -> int:
    import psycopg2

    from chassis.consume import views
    from chassis.postgres import migrate
    from chassis.postgres.pool import Pool, Unavailable

    if not settings.database_owner_url:
        raise CannotStart(f"DATABASE_OWNER_URL_{settings.service.upper()} is not set")
    pool = Pool(settings.database_owner_url, size=1, statement_timeout_s=0)
    try:
        if pool.is_behind_pooler():
            raise CannotStart(
                f"DATABASE_OWNER_URL_{settings.service.upper()} leads to a pooler: migrations and rebuilds hold a lock "
                "of their session, so let it lead to PostgreSQL itself"
            )
        folders = (*CHASSIS_MIGRATIONS, *bootstrap.migrations())
        applied = migrate.apply(settings.database_owner_url, settings.service, folders)
        with pool.transaction() as cursor:
            made = views.install(cursor, settings.service, bootstrap.consumers(settings))
    except (migrate.MigrationRefused, views.NotInstalled, Unavailable, psycopg2.OperationalError) as error:
        raise CannotStart(" ".join(str(error).split())) from None
    finally:
        pool.close()
    structlog.get_logger("chassis.launch").info("migrated", applied=applied, read_models=made)
    return 0
