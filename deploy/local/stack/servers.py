"""PostgreSQL and Kafka together, on one state folder: what the tests' fixture and the whole stack both start."""

from deploy.local.stack import binaries, process
from deploy.local.stack.kafka import KafkaServer
from deploy.local.stack.ports import Ports
from deploy.local.stack.postgres import PostgresServer
from deploy.local.stack.process import end_leftovers
from deploy.local.stack.state import StateFolder

READY_LIMIT_S = 60


class Servers:
    """`with Servers(state, ports) as servers:` starts both and always stops them. Installs them first if needed."""

    def __init__(self, state: StateFolder, ports: Ports) -> None:
        """Raises InstallFailed, StateInUse. Kills what a killed earlier run left running on this state folder."""
        self.state = state
        self.ports = ports
        state.lock()
        end_leftovers(state)
        state.rotate_logs()
        installed = binaries.install(state.servers)
        self.postgres = PostgresServer(state, installed, ports.postgres)
        self.kafka = KafkaServer(state, installed, ports.kafka, ports.controller)

    def start(self, postgres: bool = True, kafka: bool = True) -> None:
        """Both at once, or the one that is wanted; returns when they answer. Raises CannotStart."""
        started = []
        if kafka:
            started.append((self.kafka.launch(), self.kafka.is_ready))
        if postgres:
            started.append((self.postgres.launch(), self.postgres.is_ready))
        for child, is_ready in reversed(started):
            process.wait_ready(child, is_ready, READY_LIMIT_S)

    def stop(self) -> None:
        """Kafka first, then PostgreSQL, each within its limit; frees the state folder."""
        try:
            self.kafka.stop()
        finally:
            self.postgres.stop()
            self.state.unlock()

    def __enter__(self) -> "Servers":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
