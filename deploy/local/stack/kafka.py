"""A real Kafka 4.3 on 127.0.0.1: one KRaft node, SCRAM for clients, ACLs enforced, nothing allowed without one.

Credentials, in the state folder's `secrets/`: `kafka-admin` (super user `admin`) and `kafka-<user>` for each user that
`ensure_users` made. Topics and ACLs are not made here: `phoihop topics apply` makes them from `contracts/topics.py`.

The broker is the one place beside the chassis that may import kafka-python: it needs its admin client to make users.
"""

import base64
import os
import shutil
import signal
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion
from kafka.errors import KafkaError

from deploy.local.stack import process
from deploy.local.stack.binaries import Binaries
from deploy.local.stack.errors import CannotStart
from deploy.local.stack.process import Child
from deploy.local.stack.state import StateFolder, write_private

ADMIN = "admin"
SCRAM_ITERATIONS = 8192
JAVA_OPTIONS = ("-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # up in 2 s instead of 3.5


class KafkaServer:
    """`start()`, then `ensure_users()` and `client_settings()`. Data, passwords and log lie in the state folder."""

    def __init__(self, state: StateFolder, binaries: Binaries, port: int, controller_port: int) -> None:
        self.state = state
        self.port = port
        self.controller_port = controller_port
        self.listens_at = port
        """Another port when something stands between the broker and its clients, who still use `port`."""
        self.child: Child | None = None
        self.java_options: Sequence[str] = JAVA_OPTIONS
        self._jars = f"{binaries.kafka_lib}/*"
        self._folder = state.root / "kafka"
        self._data = self._folder / "data"
        self._formatted = self._folder / "formatted"

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def client_settings(self, user: str = ADMIN) -> dict[str, Any]:
        """Keyword arguments for any client of kafka-python, as that user."""
        return {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": self.password(user),
            "reconnect_backoff_max_ms": 1000,
        }

    def password(self, user: str) -> str:
        return self.state.secret(f"kafka-{user}")

    def launch(self) -> Child:
        """Starts the broker, formatting its folder if that was never finished; does not wait. Raises CannotStart."""
        self.state.folder("kafka", mode=0o700)
        properties = self._folder / "server.properties"
        write_private(properties, "\n".join(f"{key}={value}" for key, value in self._settings().items()) + "\n")
        if not self._formatted.exists():
            self._format(properties)
        self.child = self._java("kafka", [*self.java_options, "kafka.Kafka", str(properties)])
        return self.child

    def start(self, limit_s: float = 60) -> float:
        """Launches and waits until it answers; returns the seconds taken. Raises CannotStart."""
        return process.wait_ready(self.launch(), self.is_ready, limit_s)

    def is_ready(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            self._admin().close()
        except (OSError, KafkaError):
            return False
        return True

    def stop(self, limit_s: float = 20) -> None:
        if self.child is not None:
            self.child.stop(limit_s)
            self.child = None

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child = None

    def pause(self) -> None:
        """Freezes the broker: connections stay open, nothing is answered until `resume()`."""
        if self.child is not None:
            self.child.send(signal.SIGSTOP)

    def resume(self) -> None:
        if self.child is not None:
            self.child.send(signal.SIGCONT)

    def ensure_users(self, names: Iterable[str]) -> None:
        """SCRAM credentials for each name, with the state folder's password; safe to call again. Raises CannotStart."""
        wanted = [
            UserScramCredentialUpsertion(
                name, ScramMechanism.SCRAM_SHA_512, self.password(name).encode(), iterations=SCRAM_ITERATIONS
            )
            for name in names
        ]
        admin = self._admin()
        try:
            refused = {name: error for name, error in admin.alter_user_scram_credentials(wanted).items() if error}
        finally:
            admin.close()
        if refused:
            raise CannotStart(f"Kafka refused to make users: {refused}")

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(**self.client_settings(ADMIN), request_timeout_ms=5000, bootstrap_timeout_ms=5000)

    def _settings(self) -> Mapping[str, str]:
        password = self.password(ADMIN)
        login = f'required username="{ADMIN}" password="{password}"'
        modules = "org.apache.kafka.common.security"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"SASL_PLAINTEXT://127.0.0.1:{self.listens_at},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"SASL_PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "CONTROLLER:SASL_PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
            "inter.broker.listener.name": "SASL_PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.sasl_plaintext.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule {login};",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": (
                f'{modules}.plain.PlainLoginModule {login} user_{ADMIN}="{password}";'
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN}",
            "allow.everyone.if.no.acl.found": "false",
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "log.dirs": str(self._data),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "num.recovery.threads.per.data.dir": "2",
            # after a kill the controller refuses the new broker until the old one's session has passed (9 s if not set)
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
        }

    def _format(self, properties: Path) -> None:
        """The password travels in a private argument file, not on the command line that every user can read."""
        shutil.rmtree(self._data, ignore_errors=True)
        arguments = self._folder / "format.arguments"
        scram = f"SCRAM-SHA-512=[name={ADMIN},iterations={SCRAM_ITERATIONS},password={self.password(ADMIN)}]"
        # fmt: off
        words = [
            "-cp", self._jars, "kafka.tools.StorageTool", "format",
            "-t", _cluster_id(), "-c", str(properties), "--add-scram", scram,
        ]
        # fmt: on
        write_private(
            arguments, "\n".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
        )
        try:
            process.run_to_end(self._java("kafka-format", [f"@{arguments}"], classpath=False), limit_s=60)
        finally:
            arguments.unlink(missing_ok=True)
        self._formatted.touch()

    def _java(self, name: str, words: list[str], classpath: bool = True) -> Child:
        java = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else Path("java")
        options = ["-Dfile.encoding=UTF-8", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        options += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"]
        return process.start(
            name,
            [java, *options, *(["-cp", self._jars] if classpath else []), *words],
            self.state,
            environment={"JDK_JAVA_OPTIONS": ""},
        )


def _cluster_id() -> str:
    """A new random id in URL-safe base64; one that begins with '-' would be taken for an option."""
    while (text := base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")).startswith("-"):
        pass
    return text
