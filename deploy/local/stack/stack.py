"""The whole system on this machine: the two servers, the five services' processes, and their orderly end.

    with Stack(StateFolder(default_root()), documented()) as stack:      # servers, migrations, topics, services
        stack.watch_until(lambda: done)

Programs are named `<service>-http` and `<service>-work`, the servers `postgres` and `kafka`; logs carry these names.
"""

import http.client
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from contracts.topics import SERVICES, agency_user
from deploy.local.stack import ports as stack_ports
from deploy.local.stack import process, prometheus_binaries
from deploy.local.stack.environment import Environments, agencies, existing_clusters
from deploy.local.stack.errors import CannotStart
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.ports import Ports
from deploy.local.stack.process import Child
from deploy.local.stack.prometheus import DOCUMENTED_EVERY_S, RULES, Prometheus
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT, StateFolder, write_private
from deploy.local.stack.supervisor import Supervisor
from deploy.local.stack.telling import Step

Part = Literal["http", "work"]
PROVINCE = "hai-duong"
READY_LIMIT_S = 90
MIGRATE_LIMIT_S = 120
REBUILD_LIMIT_S = 600
STOP_LIMIT_S = 10
DEATHS_AT_START = 3


def silent_step(_: str) -> "nullcontext[None]":
    return nullcontext()


class Stack:
    """One system. Every method is called from the main thread."""

    def __init__(
        self,
        state: StateFolder,
        ports: Ports,
        *,
        scope: str = PROVINCE,
        tell: Callable[[str], None] = lambda _: None,
        step: Step = silent_step,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """`tell`: gets what happens to programs; `step`: wraps each long step; `extra`: environment of every service.

        Raises StateInUse, InstallFailed, StackError.
        """
        self.state = state
        self.ports = ports
        self.existing = existing_clusters()
        self.servers = Servers(state, ports)
        self.environments = Environments(self.servers, self.existing, str(ensure_keys(state)), scope)
        self.supervisor = Supervisor(tell)
        self._step = step
        self._extra = dict(extra or {})
        self._outside: list[Child] = []
        self._new_databases: list[str] = []

    def start_servers(self) -> None:
        """PostgreSQL with a database a service, Kafka with its users; what exists elsewhere is not started."""
        stack_ports.require_free(self.ports)
        with self._step("PostgreSQL and Kafka"):
            self.servers.start(postgres=not self.existing.postgres, kafka=not self.existing.kafka)
            if not self.existing.postgres:
                self._new_databases = self.servers.postgres.create_databases(SERVICES)
                self._watch(self.servers.postgres.child, self.servers.postgres.launch)
            if not self.existing.kafka:
                self.servers.kafka.ensure_users([*SERVICES, *map(agency_user, agencies())])
                self._watch(self.servers.kafka.child, self.servers.kafka.launch)
        text = "".join(f"{name}={value}\n" for name, value in sorted(self.environments.of_operator().items()))
        write_private(self.state.root / "environment", text)

    def start_services(self) -> None:
        """Migrations, topics, then both processes of each service; returns when all are ready. Raises CannotStart."""
        with self._step("databases and topics"):
            self.prepare()
        with self._step("services"):
            for service in SERVICES:
                self.launch(service, "http")
                self.launch(service, "work")
            self.wait_ready()

    def prepare(self) -> None:
        """Migrates every database, all at once, and makes topics and access lists. Raises CannotStart."""
        migrations = [
            process.start(
                f"{service}-migrate",
                [sys.executable, "-m", f"services.{service}", "migrate"],
                self.state,
                environment=self.environment(service),
                folder=CHECKOUT,
            )
            for service in SERVICES
        ]
        try:
            if not self.existing.kafka:
                kafka = self.servers.kafka
                topics.apply(KafkaSettings(kafka.bootstrap_servers, ADMIN, kafka.password(ADMIN)))
            for migration in migrations:
                process.run_to_end(migration, MIGRATE_LIMIT_S)
        finally:
            for migration in migrations:
                migration.kill()
        if not self.existing.postgres and len(self._new_databases) < len(SERVICES):
            self._rebuild_outdated()

    def _rebuild_outdated(self) -> None:
        """Data of an earlier checkout: read models whose tables this code would make otherwise are made anew."""
        argv = [sys.executable, "-m", "cli.main", "projections", "rebuild", "--outdated", "--reason", "newer checkout"]
        environment = self.environments.of_operator()
        rebuild = process.start("rebuild", argv, self.state, environment=environment, folder=CHECKOUT)
        try:
            process.run_to_end(rebuild, REBUILD_LIMIT_S)
        finally:
            rebuild.kill()

    def environment(self, service: str) -> dict[str, str]:
        """What the processes of that service get."""
        return self.environments.of_service(service) | self._extra

    def launch(self, service: str, part: Part, environment: Mapping[str, str] | None = None) -> Child:
        """Starts one process of a service and watches over it; `environment`: on top of its usual one."""
        name = f"{service}-{part}"

        def start() -> Child:
            return process.start(
                name,
                [sys.executable, "-m", f"services.{service}", part],
                self.state,
                environment={**self.environment(service), **(environment or {})},
                folder=CHECKOUT,
            )

        child = start()
        self.supervisor.watch(child, start)
        return child

    def child(self, name: str) -> Child:
        """The latest child of that name, e.g. `registry-work`."""
        return self.supervisor.children()[name]

    def end(self, name: str, limit_s: float = STOP_LIMIT_S) -> None:
        """Stops one program on purpose: it is not started again."""
        child = self.child(name)
        self.supervisor.forget(name)
        child.stop(limit_s)

    def start_outside(self, name: str, argv: list[str | Path], environment: Mapping[str, str]) -> Child:
        """A program from outside (the story, say), on our own terminal; it ends before everything else does."""
        child = process.start(name, argv, self.state, environment=environment, folder=CHECKOUT, terminal=True)
        self._outside.append(child)
        return child

    def start_prometheus(self, every_s: int = DOCUMENTED_EVERY_S, rules: Path = RULES) -> Prometheus:
        """A Prometheus that scrapes the services; installs it first if needed. Raises InstallFailed, CannotStart."""
        installed = prometheus_binaries.install(self.state.servers)
        prometheus = Prometheus(self.state, installed, self.ports, every_s=every_s, rules=rules)
        with self._step("Prometheus"):
            self.supervisor.watch(prometheus.launch(), prometheus.launch)
            prometheus.wait_ready()
        with (self.state.root / "environment").open("a") as file:
            file.write(f"PHOIHOP_PROMETHEUS_URL={prometheus.url}\n")
        return prometheus

    def wait_ready(self, limit_s: float = READY_LIMIT_S) -> None:
        """Until every service process answers `/health/ready` with 200. Raises CannotStart with the reason."""
        waiting = {f"{service}-http": self.ports.http[service] for service in SERVICES}
        waiting |= {f"{service}-work": self.ports.metrics[service] for service in SERVICES}
        running = self.supervisor.children()
        waiting = {name: port for name, port in waiting.items() if name in running}
        deadline = time.monotonic() + limit_s
        answers: dict[str, str] = {}
        while waiting:
            self.supervisor.tick()
            for reason in self.supervisor.failing(DEATHS_AT_START):
                raise CannotStart(reason)
            for name, port in list(waiting.items()):
                answers[name] = ready_answer(port)
                if not answers[name]:
                    del waiting[name]
            if waiting and time.monotonic() > deadline:
                reasons = "; ".join(f"{name}: {answers[name]}" for name in waiting)
                raise CannotStart(f"not ready within {limit_s:.0f} s: {reasons} (logs: {self.state.root / 'logs'})")
            time.sleep(0.1)

    def watch_until(self, done: Callable[[], bool]) -> None:
        """Supervises until `done` holds."""
        while not done():
            self.supervisor.tick()
            time.sleep(0.1)

    def stop(self) -> None:
        """Programs from outside, then services, then Kafka, then PostgreSQL, each within its limit."""
        for child in self._outside:
            child.stop(STOP_LIMIT_S, signal.SIGINT)
        services = [child for name, child in self.supervisor.children().items() if name not in ("postgres", "kafka")]
        for name in list(self.supervisor.children()):
            self.supervisor.forget(name)
        for child in services:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_LIMIT_S
        for child in services:
            child.stop(max(0.1, deadline - time.monotonic()))
        (self.state.root / "environment").unlink(missing_ok=True)
        self.servers.stop()

    def __enter__(self) -> "Stack":
        try:
            self.start_servers()
            self.start_services()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _watch(self, child: Child | None, launch: Callable[[], Child]) -> None:
        if child is not None:
            self.supervisor.watch(child, launch)


def ready_answer(port: int) -> str:
    """Empty when the process on that port is ready, else why not, in short."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer yet ({type(error).__name__})"
    finally:
        connection.close()
    return "" if response.status == 200 else f"{response.status} {' '.join(body.split())[:300]}"
