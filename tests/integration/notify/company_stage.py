"""A stage for the company's program: the department's doors as the guide describes them, and signed messages."""

import base64
import hashlib
import json
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.notify.domain.message import body_of
from services.notify.domain.signature import signature_headers
from services.notify.keys import KeyPair
from tests.integration.notify.conftest import free_port
from tests.support.waiting import wait_until

PROGRAM = Path(__file__).parents[3] / "examples" / "company" / "company.py"
API_KEY = "phk_test"
DEMANDED = "enforcement.contract-termination-demanded"


@dataclass
class Department:
    """Accepts each report once, by Idempotency-Key; `refuse_next` answers 503 to that many requests first."""

    reports: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    """(order id, step, Idempotency-Key, body), those that counted."""
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    refuse_next: int = 0
    loses_answers: int = 0
    """Counts a report but cuts the connection before the answer, so many times."""

    def __post_init__(self) -> None:
        department = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.headers["Authorization"] == f"Bearer {API_KEY}"
                self._answer(200, {"items": department.listed, "next_cursor": None})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                order_id, step = self.path.split("/")[-2:]
                key = self.headers["Idempotency-Key"]
                department.requests.append((key, body))
                if department.refuse_next > 0:
                    department.refuse_next -= 1
                    return self._answer(503, {"code": "database-away"})
                known = [report for report in department.reports if report[2] == key]
                if known and known[0][3] != body:
                    return self._answer(409, {"code": "command-id-reused"})
                if not known:
                    department.reports.append((order_id, step, key, body))
                if department.loses_answers > 0:
                    department.loses_answers -= 1
                    self.connection.close()
                    return None
                return self._answer(200, {"order_id": order_id, "changed": True})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def steps_of(self, order_id: UUID) -> list[str]:
        return [step for order, step, _, _ in self.reports if order == str(order_id)]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Signer:
    """Makes order documents and signed webhooks."""

    pair: KeyPair = field(default_factory=KeyPair.made_now)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def order(self, order_id: UUID, kind: str = "contract-termination") -> dict[str, Any]:
        document = json.dumps({"kind": kind, "order_id": str(order_id), "demand": "Chấm dứt hợp đồng"})
        return {
            "order_id": str(order_id),
            "kind": kind,
            "document": document,
            "signature": base64.b64encode(self.key.sign(document.encode())).decode(),
            "key_id": hashlib.sha256(self.public_bytes()).hexdigest()[:16],
            "report_back_at": "2026-12-01T10:00:00.000000Z",
        }

    def public_bytes(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def webhook(self, data: dict[str, Any], message_id: UUID, kind: str = DEMANDED) -> tuple[dict[str, str], bytes]:
        body = body_of(kind, datetime.now(UTC), data)
        return dict(signature_headers(str(message_id), datetime.now(UTC), body, self.pair.signing_keys())), body


@dataclass
class Program:
    """The company's program as a process of its own."""

    folder: Path
    department: Department
    signer: Signer
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    older_secrets: tuple[str, ...] = ()
    newer_signer: Signer | None = None
    """Who signs orders once the department's key was rotated; announced beforehand."""

    def start(self, behaviour: str = "prompt") -> None:
        files = {"api": API_KEY, "secret": "\n".join([self.signer.pair.hmac.text(), *self.older_secrets])}
        for name, text in files.items():
            (self.folder / name).write_text(text + "\n")
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, str(PROGRAM)]
        command += ["--name", "test", "--port", str(self.port)]
        command += ["--api", self.department.url, "--api-key-file", str(self.folder / "api")]
        command += ["--secret-file", str(self.folder / "secret")]
        for number, signer in enumerate(one for one in (self.signer, self.newer_signer) if one):
            public = self.folder / f"order-{number}.pem"
            public.write_bytes(signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
            command += ["--order-key", str(public)]
        command += ["--state", str(self.folder / "state"), "--behaviour", behaviour]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self._answers, 15, "the company's program listens")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(10)

    def send(self, data: dict[str, Any], message_id: UUID | None = None, kind: str = DEMANDED) -> int:
        return self.post(*self.signer.webhook(data, message_id or uuid4(), kind))

    def post(self, headers: dict[str, str], body: bytes) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
