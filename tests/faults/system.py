"""The system that the faults happen to: real servers, real services, a little world in it, clients, and the checker.

Only what the faults need is started: registry, inspection, enforcement and notify, two processes each.
"""

import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import services.enforcement.bootstrap
import services.inspection.bootstrap
import services.notify.bootstrap
import services.registry.bootstrap
from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from chassis.settings import Settings
from contracts.topics import events_topic
from deploy.local.stack import process
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.process import Child
from deploy.local.stack.stack import MIGRATE_LIMIT_S, Part, Stack, ready_answer
from deploy.local.stack.state import CHECKOUT
from tests.faults.world import Agent, World
from tests.support import metrics_page
from tests.support.checker import Checker
from tests.support.checker_log import CheckedService
from tests.support.line import Line, line
from tests.support.load import Doors, History, Officer, Traffic
from tests.support.misbehaving import Receivers, slow_to_accept
from tests.support.waiting import wait_until

BOOTSTRAPS: Mapping[str, ModuleType] = {
    "registry": services.registry.bootstrap,
    "inspection": services.inspection.bootstrap,
    "enforcement": services.enforcement.bootstrap,
    "notify": services.notify.bootstrap,
}
SERVICES = tuple(BOOTSTRAPS)
PARTS: tuple[Part, ...] = ("http", "work")
READY_LIMIT_S = 120
DEATH_LIMIT_S = 60
WAVES = 12
"""Rounds of demands at most while the system is busy once."""
SCHEDULE = ",".join(["0", "0.2", "0.5", *["1"] * 27])
"""Seconds between the attempts of a webhook: short pauses, so that a fault is over before an order is escalated."""


class System:
    """Every method is called from the main thread, which is the parent of all processes."""

    def __init__(self, stack: Stack, receivers: Receivers) -> None:
        """`stack`: not entered; its servers are started by `start`."""
        self.stack = stack
        self.receivers = receivers
        self.history = History()
        self._environments: dict[str, dict[str, str]] = {}
        self._campaign: Agent | None = None

    def start(self) -> None:
        self.stack.start_servers()
        for server in ("postgres", "kafka"):
            self.stack.supervisor.forget(server)  # tests stop and start them
        kafka = self.stack.servers.kafka
        self.kafka = KafkaSettings(kafka.bootstrap_servers, ADMIN, kafka.password(ADMIN))
        topics.apply(self.kafka)
        self._migrate()
        for name in self.names():
            self.launch(name)
        self.wait_ready()
        self.doors = Doors({name: self.stack.environments.url(name) for name in SERVICES}, self.history)
        self.checker = Checker([self._checked(name) for name in SERVICES], self.kafka, self.history, self.receivers.all)
        self.world = World(self.doors, self.officer(), self.officer("ppc", "nguyen-thi-hoa", "leader"), self.receivers)

    def officer(self, agency: str = "dic", subject: str = "le-van-a", role: str = "officer") -> Officer:
        return Officer((self._secrets / "jwt-issuer.pem").read_bytes(), agency, subject, role)

    @contextmanager
    def busy(self) -> Iterator[Traffic]:
        """Agents are registered without end, and orders demanded and taken back; answers the traffic at registry."""
        if self._campaign is None or len(self._campaign.cases) < WAVES:
            isps = [self.world.isp(slow_to_accept), self.world.isp()]
            self._campaign = self.world.agent_with_cases(isps, cases=4 * WAVES)
        campaign = self._campaign
        waves = Traffic(lambda: self.world.demand_and_withdraw(campaign), threads=1, pause_s=0.5, most=WAVES)
        with waves.running(), Traffic(self.world.register_and_sign).running() as traffic:
            yield traffic

    def check(self) -> None:
        """What every fault is followed by: once all is drained, everything fits together."""
        self.checker.check()

    # processes

    @staticmethod
    def names() -> Iterable[str]:
        """`registry-http`, `registry-work`, …"""
        return (f"{service}-{part}" for service in SERVICES for part in PARTS)

    def child(self, name: str) -> Child:
        return self.stack.child(name)

    def launch(self, name: str, **environment: str) -> Child:
        """Starts a process that does not run, with this on top of its usual environment. Does not wait."""
        service, _, part = name.partition("-")
        assert part in ("http", "work")
        self._environments[name] = environment
        more = {"PHOIHOP_WEBHOOK_SCHEDULE": SCHEDULE, **environment}
        return self.stack.launch(service, "http" if part == "http" else "work", more)

    def launch_release(self, name: str, package: str, **environment: str) -> None:
        """Another release of a process takes its place until `heal`; the usual one is ended. Does not wait."""
        self.end(name)
        service, _, part = name.partition("-")
        self._environments[name] = environment
        argv = [sys.executable, "-m", package, part]
        more = self.stack.environment(service) | environment

        def start() -> Child:
            return process.start(name, argv, self.stack.state, environment=more, folder=CHECKOUT)

        self.stack.supervisor.watch(start(), start)

    def restart(self, name: str, **environment: str) -> Child:
        """Ends the process as a rolling restart does, if it runs, and starts it. Does not wait until it is ready."""
        self.end(name)
        return self.launch(name, **environment)

    def end(self, name: str) -> None:
        self.child(name).stop(15)

    def kill(self, name: str) -> None:
        self.child(name).kill()

    @property
    def twin_port(self) -> int:
        """Where the second process of a service answers."""
        return self.stack.ports.companies[0]

    def start_twin(self, service: str, part: Part = "work", package: str = "", **environment: str) -> Child:
        """A further process of that service, of its own code or of `package`. Does not wait; the caller ends it."""
        port = {"PHOIHOP_HTTP_PORT" if part == "http" else "PHOIHOP_METRICS_PORT": str(self.twin_port)}
        return process.start(
            f"{service}-twin",
            [sys.executable, "-m", package or f"services.{service}", part],
            self.stack.state,
            environment=self.stack.environment(service) | port | environment,
            folder=CHECKOUT,
        )

    @contextmanager
    def twin(self, service: str, part: Part = "work", package: str = "", **environment: str) -> Iterator[Child]:
        """The same, ready, until the block ends."""
        child = self.start_twin(service, part, package, **environment)
        try:
            what = f"the second {service}-{part} is ready"
            wait_until(lambda: not ready_answer(self.twin_port), READY_LIMIT_S, what, every_s=0.1)
            yield child
        finally:
            child.stop(15)

    def port(self, name: str) -> int:
        """Where that process answers requests, or its metrics and health alone."""
        service, _, part = name.partition("-")
        return self.stack.ports.http[service] if part == "http" else self.stack.ports.metrics[service]

    def metric(self, name: str, metric: str, **labels: str) -> float:
        """What the process shows, added up over the series with these labels. Raises AssertionError."""
        return metrics_page.total(self.port(name), metric, **labels)

    def why_not_ready(self, name: str) -> str:
        """Empty when it is ready."""
        return ready_answer(self.port(name))

    def wait_ready(self, *names: str) -> None:
        """Raises AssertionError, also when one of them has died."""
        for name in names or self.names():
            port = self.port(name)

            def is_ready(name: str = name, port: int = port) -> bool:
                child = self.child(name)
                if not child.is_running():
                    raise RuntimeError(child.why_it_ended())
                answer = ready_answer(port)
                assert not answer, answer
                return True

            wait_until(is_ready, READY_LIMIT_S, f"{name} is ready", every_s=0.1)

    def wait_killed(self, name: str) -> None:
        """Until the process has killed itself at its crash point."""
        child = self.child(name)
        wait_until(lambda: not child.is_running(), DEATH_LIMIT_S, f"{name} dies at its crash point")
        assert child.process.returncode == -signal.SIGKILL, child.why_it_ended()

    @contextmanager
    def kafka_line(self) -> Iterator[Line]:
        """Between the broker and everybody, until the block ends. The broker is started again before and after."""
        kafka = self.stack.servers.kafka
        kafka.stop()
        kafka.listens_at = self.stack.ports.companies[1]
        try:
            with line(kafka.listens_at, port=kafka.port) as found:
                kafka.start(READY_LIMIT_S)
                yield found
                kafka.stop()
        finally:
            kafka.stop()
            kafka.listens_at = kafka.port
            kafka.start(READY_LIMIT_S)

    def heal(self) -> None:
        """Servers and processes run again as they should, whatever a test left behind."""
        postgres, kafka = self.stack.servers.postgres, self.stack.servers.kafka
        postgres.resume()
        kafka.resume()
        if postgres.child is None or not postgres.child.is_running():
            postgres.start()
        if kafka.child is None or not kafka.child.is_running():
            kafka.start(READY_LIMIT_S)
        started = []
        for name in self.names():
            if self._environments[name] and self.child(name).is_running():
                self.end(name)
            if not self.child(name).is_running():
                self.launch(name)
                started.append(name)
        if started:
            self.wait_ready(*started)

    def service(self, name: str) -> CheckedService:
        """For a look into its database."""
        return self.checker.services[name]

    # pieces

    @property
    def _secrets(self) -> Path:
        return self.stack.state.root / "keys"

    def _migrate(self) -> None:
        migrations = [
            process.start(
                f"{service}-migrate",
                [sys.executable, "-m", f"services.{service}", "migrate"],
                self.stack.state,
                environment=self.stack.environment(service),
                folder=CHECKOUT,
            )
            for service in SERVICES
        ]
        try:
            for migration in migrations:
                process.run_to_end(migration, MIGRATE_LIMIT_S)
        finally:
            for migration in migrations:
                migration.kill()

    def _checked(self, name: str) -> CheckedService:
        settings = Settings(name, scope="hai-duong", secrets=self._secrets)
        consumers = BOOTSTRAPS[name].consumers(settings)
        dsn = self.stack.servers.postgres.url("postgres", "postgres-admin", name)
        return CheckedService(name, dsn, events_topic(name), consumers)
