"""The `http` process: nameko with one service class, and what its routes work with."""

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import eventlet
import structlog
from eventlet.debug import hub_exceptions
from nameko.runners import ServiceRunner

from chassis.identity.door import Doorkeeper
from chassis.identity.officers import Officers
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.observe.doors import Check
from chassis.observe.metrics import ENTRYPOINT_DURATION, WORKERS_MAX, Exposition, at_zero
from chassis.postgres import health
from chassis.postgres.pool import Pool
from chassis.settings import CannotStart, Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS, Clocks
from chassis.web.answering import Runtime
from chassis.web.operations import Operations
from chassis.web.routes import Routes

LOOK_EVERY_S = 0.1

WORKERS_PER_CONNECTION = 2
"""A request also parses its body and waits for projections, without holding a connection."""


class HttpProcess:
    """What `bootstrap.http` gives back.

    `service` was made by `http_service`. `migrations`: the service's own folders, so that it is not ready while one is
    missing. `checks`: further conditions of being ready. Raises CannotStart for a missing secret.
    """

    def __init__(
        self,
        service: Any,
        settings: Settings,
        commands: Commands,
        *,
        migrations: Iterable[Path] = (),
        checks: Iterable[Check] = (),
        clocks: Clocks = CLOCKS,
    ) -> None:
        routes: Routes = service.routes
        self._service, self._settings = service, settings
        self._pool = Pool(settings.database_url, settings.pool_size, application_name=f"{settings.service} http")
        self._workers = settings.pool_size * WORKERS_PER_CONNECTION
        officers = Officers.from_pem(settings.secret("jwt-issuer.pub.pem"))
        doorkeeper = Doorkeeper(officers, settings.secret("api-key-pepper"))
        folders = (*CHASSIS_MIGRATIONS, *migrations)
        database = Check("database", lambda: "; ".join(health.problems(self._pool, folders)) or None)
        WORKERS_MAX.set(self._workers)
        for route in routes:
            at_zero(ENTRYPOINT_DURATION, method=route.name, kind=route.kind)
        self._config = {
            "WEB_SERVER_ADDRESS": f"{settings.host}:{settings.http_port}",
            "max_workers": self._workers,
            "runtime": Runtime(settings, self._pool, commands, doorkeeper, clocks),
            "pages": Operations(routes, Exposition(settings.service, "http"), (database, *checks)),
        }

    def run(self) -> int:
        """Serves until SIGTERM or SIGINT, answers what is under way. Raises CannotStart when the port is taken."""
        hub_exceptions(False)  # they reach nameko, which ends the process, and us, who log them
        runner = ServiceRunner(self._config)
        runner.add_service(self._service)
        self._stop_when_asked(runner)
        try:
            runner.start()
        except OSError as error:
            where = f"{self._settings.host}:{self._settings.http_port}"
            raise CannotStart(f"{where}: {error.strerror}; PHOIHOP_HTTP_PORT names another port") from None
        try:
            runner.wait()
        except Exception:
            structlog.get_logger("chassis.web").critical("the process ends", exc_info=True)
            return 1
        finally:
            self._pool.close()
        return 0

    def _stop_when_asked(self, runner: Any) -> None:
        """A signal does not wake eventlet's hub from its wait for sockets: somebody must look, now and then."""
        asked: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: asked.append(number))

        def look() -> None:
            while not asked:
                eventlet.sleep(LOOK_EVERY_S)
            runner.stop()

        eventlet.spawn_n(look)
