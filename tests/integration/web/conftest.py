"""The toy service, really running: migrated by its owner, served by a child process over real HTTP.

toy       module    Toy: a service for ordinary requests, one per module
launch    function  starts further processes of the toy, ends them afterwards
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.identity.officers import issue_token
from tests.integration.web.toy.bootstrap import SWITCH
from tests.support.stack_fixture import Database, Databases
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
PACKAGE = "tests.integration.web.toy"
PEPPER = "00112233445566778899aabbccddeeff"


@dataclass
class Toy:
    """A running `http` process and what a test needs to talk to it."""

    process: "subprocess.Popen[bytes]"
    log: Path
    folder: Path
    database: Database
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[dict[str, Any]]:
        """The JSON log so far; what is no JSON fails the test."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def token(self, **given: Any) -> str:
        who = {"agency": "dic", "role": "officer", "subject": "an"}
        return issue_token((self.folder / "jwt-issuer.pem").read_bytes(), **who | given)

    def send(self, method: str, path: str, **given: Any) -> requests.Response:
        """As an officer of DIC, with a fresh Idempotency-Key, unless `headers` says otherwise (None: without)."""
        headers = {"Authorization": f"Bearer {self.token()}", "Idempotency-Key": str(uuid4())}
        headers |= given.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=20, **given)

    def footprint(self) -> tuple[int, ...]:
        """How many rows stand in the tables a write would touch."""
        counts = ", ".join(f"(select count(*) from {name})" for name in ("stream", "event", "command", "claim"))
        return self.query(f"select {counts}")[0]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.database.admin_dsn)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


Launch = Callable[..., Toy]


def make_keys(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "jwt-issuer.pem").write_bytes(private)
    (folder / "jwt-issuer.pub.pem").write_bytes(public)
    (folder / "api-key-pepper").write_text(PEPPER)


def environment(database: Database, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "DATABASE_URL_TOY": database.dsn,
        "DATABASE_OWNER_URL_TOY": database.owner_dsn,
        "PHOIHOP_HTTP_PORT": "0",
        "PHOIHOP_SECRETS": str(folder),
        SWITCH: str(folder / "not-ready"),
    }


def run(role: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A process that ends by itself."""
    command = [sys.executable, "-m", PACKAGE, role]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def _start(database: Database, folder: Path, more: Mapping[str, str] = MappingProxyType({})) -> Toy:
    log = folder / f"{uuid4()}.log"
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", PACKAGE, "http"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(database, folder) | dict(more),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    toy = Toy(process, log, folder, database)

    def listening() -> int:
        assert process.poll() is None, f"it ended: {log.read_text('utf-8')}"
        return next((line["port"] for line in toy.lines() if line["event"] == "listening"), 0)

    toy.port = wait_until(listening, 20, "the toy listens")
    return toy


def _end(toy: Toy) -> None:
    if toy.process.poll() is None:
        os.killpg(toy.process.pid, signal.SIGKILL)
        toy.process.wait()


@pytest.fixture(scope="module")
def toy_database(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    database, folder = databases.fresh("toy"), tmp_path_factory.mktemp("toy")
    make_keys(folder)
    migrated = run("migrate", environment(database, folder))
    assert migrated.returncode == 0, migrated.stderr
    yield database, folder
    databases.drop(database)


@pytest.fixture(scope="module")
def toy(toy_database: tuple[Database, Path]) -> Iterator[Toy]:
    started = _start(*toy_database)
    yield started
    _end(started)


@pytest.fixture
def launch(toy_database: tuple[Database, Path]) -> Iterator[Launch]:
    started: list[Toy] = []

    def start(**more: str) -> Toy:
        started.append(_start(*toy_database, more))
        return started[-1]

    yield start
    for one in started:
        _end(one)
