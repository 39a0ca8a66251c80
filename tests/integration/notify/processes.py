"""notify's real processes on a test's database. Kafka is away: what a test wants known it hands over itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chassis.identity.officers import issue_token
from tests.integration.notify.conftest import KEK, free_port
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
PEPPER = "00112233445566778899aabbccddeeff"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Running:
    process: "subprocess.Popen[bytes]"
    log: Path
    port: int

    def ended_by(self) -> int | None:
        """The signal that ended it, or None while it runs."""
        code = self.process.poll()
        return None if code is None else -code

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Processes:
    """Starts `python -m services.notify <role>`; `end` ends them all."""

    database: Database
    folder: Path
    running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self.folder / "jwt-issuer.pem").write_bytes(private)
        (self.folder / "jwt-issuer.pub.pem").write_bytes(public)
        (self.folder / "api-key-pepper").write_text(PEPPER)
        (self.folder / "webhook-kek").write_bytes(KEK)

    def start(self, role: str, more: Mapping[str, str] = NOTHING) -> Running:
        """Returns when it answers at /health/live."""
        port, log = free_port(), self.folder / f"{role}-{uuid4()}.log"
        environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "DATABASE_URL_NOTIFY": self.database.dsn,
            "DATABASE_OWNER_URL_NOTIFY": self.database.owner_dsn,
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "PHOIHOP_SECRETS": str(self.folder),
            "PHOIHOP_HTTP_PORT": str(port),
            "PHOIHOP_METRICS_PORT": str(port),
            "PHOIHOP_WEBHOOK_ALLOW_LOOPBACK": "1",
            "PHOIHOP_WEBHOOK_SCHEDULE": "0,0.1,0.1,0.1,0.1",
        }
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "services.notify", role],
                cwd=ROOT,
                env=environment | dict(more),
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        started = Running(process, log, port)
        self.running.append(started)
        wait_until(lambda: self._is_up(started), 20, f"{role} is up")
        return started

    def token(self) -> str:
        return issue_token((self.folder / "jwt-issuer.pem").read_bytes(), agency="dic", role="officer", subject="an")

    def end(self) -> None:
        for running in self.running:
            running.end()

    @staticmethod
    def _is_up(started: Running) -> bool:
        if started.process.poll() is not None:
            return True  # a crash point may be reached before anybody has looked
        try:
            answer = requests.get(f"http://127.0.0.1:{started.port}/health/live", timeout=5)
        except requests.ConnectionError:
            return False
        return answer.status_code == 200


@dataclass
class Doors:
    """The HTTP doors as one caller sees them."""

    port: int
    credential: str

    def post(self, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> requests.Response:
        headers = self._headers() | {"Idempotency-Key": key or str(uuid4())}
        return requests.post(self._url(path), json=body or {}, headers=headers, timeout=30)

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return requests.get(self._url(path), params=parameters, headers=self._headers(), timeout=30)

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/notify/v1{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential}"}
