#!/usr/bin/env python3
"""A company's own system (hệ thống của doanh nghiệp), as it might be: it receives orders and says what it did.

It knows nothing of the other side but what `docs/guide-for-companies.md` says. A webhook is verified with the published
`standardwebhooks` library, the order document inside it with the department's published key. What was received stands
in the journal, on the disk, before the answer 200 leaves; each request is in the journal, byte for byte, before it is
first sent. So the program may be killed at any moment: started again, it goes on where it was.

Exit code: 0 stopped by SIGTERM or SIGINT, 1 the disk failed, 2 wrong usage.
"""

import argparse
import base64
import hashlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

BEHAVIOURS = ("prompt", "500-twice", "silent", "closed")
VIETNAM = timezone(timedelta(hours=7))
LARGEST_BODY = 1024 * 1024
ORDERS = ("enforcement.contract-termination-demanded", "enforcement.line-cut-requested")
WITHDRAWN = "enforcement.order-withdrawn"
EVIDENCE = {
    "contract-termination": "Đã thanh lý hợp đồng đại lý theo yêu cầu của Sở.",
    "line-cut": "Đã cắt đường truyền theo yêu cầu của Sở.",
    "line-cut-arrangement": "Đã phối hợp với doanh nghiệp sở hữu đường truyền để cắt.",
}
ALREADY_CLOSED = "Hợp đồng đã chấm dứt từ trước khi nhận yêu cầu."
STEPS = ("acknowledgement", "execution")


class NotFromThem(Exception):
    """A message or a document that the department did not sign."""


@dataclass
class Order:
    """What we know of an order. `seed` makes the Idempotency-Keys; `bodies` are requests as first sent."""

    order_id: str
    kind: str
    seed: str
    bodies: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    ended: bool = False
    not_before: float = 0.0
    failures: int = 0


class Journal:
    """Lines of JSON, each on the disk before `write` returns. A last line torn by a crash is cut off."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._file = self._path.open("a+b", buffering=0)
        self._lock = threading.Lock()

    def read(self) -> list[dict[str, Any]]:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def write(self, **entry: Any) -> None:
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            before = os.fstat(self._file.fileno()).st_size
            try:
                if self._file.write(line) != len(line):
                    raise OSError("the disk took a part of a line")
                os.fsync(self._file.fileno())
            except OSError:  # a full disk: no half line may stay before the next one
                self._file.truncate(before)
                raise


class Company:
    """Everything the program knows, rebuilt from the journal at start."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.name, self.behaviour = options.name, options.behaviour
        secrets = options.secret_file.read_text().split()
        self._webhooks = [Webhook(secret) for secret in secrets]
        self._order_keys = {id_of(key): key for key in map(read_public_key, options.order_key)}
        self._api = options.api.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {options.api_key_file.read_text().strip()}"
        self._changed = threading.Condition()
        self._messages: set[str] = set()
        self._orders: dict[str, Order] = {}
        self._refused: dict[str, int] = {}
        self._journal = Journal(options.state)
        for entry in self._journal.read():
            self._replay(entry)

    # what comes in

    def receive(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer. Raises NotFromThem, and OSError when the disk does not take it: then it comes again."""
        message = self._verified(headers, body)
        message_id, kind = headers["webhook-id"], message["type"]
        with self._changed:
            if message_id in self._messages:
                self.say(f"{kind} {message_id}: known already")
                return 200
            if kind in ORDERS:
                self._check_document(message["data"])
                if self.behaviour == "500-twice" and self._refused.get(message_id, 0) < 2:
                    self._refused[message_id] = self._refused.get(message_id, 0) + 1
                    self.say(f"{kind} {message_id}: answering 500")
                    return 500
            self._keep({"received": message_id, "type": kind, "data": message["data"]})
            self._changed.notify_all()
        self.say(f"{kind} {message_id}: received")
        return 200

    def catch_up(self) -> None:
        """Orders whose webhook we missed. Raises requests.RequestException."""
        cursor = None
        while True:
            query = {"state": "unsettled", "limit": "100"} | ({"cursor": cursor} if cursor else {})
            answer = self._session.get(f"{self._api}/enforcement/v1/orders", params=query, timeout=30)
            answer.raise_for_status()
            page = answer.json()
            for order in page["items"]:
                self._found(order)
            cursor = page["next_cursor"]
            if not cursor:
                return

    def _found(self, order: dict[str, Any]) -> None:
        with self._changed:
            if order["order_id"] in self._orders:
                return
            try:
                self._check_document(order)
            except NotFromThem as reason:
                return self.say(f"order {order['order_id']} in the list: {reason}")
            self._keep({"found": order["order_id"], "kind": order["kind"]})
        self.say(f"order {order['order_id']}: found in the list")

    # what goes out

    def work(self, stopped: threading.Event) -> None:
        """Catches up once the department answers, then goes through what is to be done until it is stopped."""
        trouble: str | None = ""
        while not stopped.is_set():
            try:
                if trouble is not None:
                    self.catch_up()
                    trouble = None
            except requests.RequestException as error:
                if str(error) != trouble:
                    trouble = str(error)
                    self.say(f"cannot catch up yet: {trouble}")
            now = time.monotonic()
            due = [order for order in list(self._orders.values()) if self._next(order) and order.not_before <= now]
            for order in due:
                if not stopped.is_set():
                    self._step(order, self._next(order))
            with self._changed:
                self._changed.wait(0.0 if due else 0.5)

    def _next(self, order: Order) -> str:
        """The step to take, or nothing."""
        if order.ended:
            return ""
        steps = STEPS[:1] if self.behaviour == "silent" else STEPS
        return next((step for step in steps if step not in order.done), "")

    def _step(self, order: Order, step: str) -> None:
        if step not in order.bodies:
            self._keep({"asking": order.order_id, "step": step, "body": self._body(order, step)})
        key = str(uuid5(UUID(order.seed), step))
        try:
            answer = self._session.post(
                f"{self._api}/enforcement/v1/orders/{order.order_id}/{step}",
                data=order.bodies[step].encode(),
                headers={"Content-Type": "application/json", "Idempotency-Key": key},
                timeout=30,
            )
            status, text = answer.status_code, answer.text[:300]
            code = answer.json().get("code") if status >= 400 else None
        except (requests.RequestException, ValueError) as error:
            status, text, code = 599, str(error), None
        if status < 300:
            self._keep({"done": order.order_id, "step": step})
            self.say(f"order {order.order_id}: {step} reported")
        elif code == "order-is-settled":
            self._keep({"ended": order.order_id})
            self.say(f"order {order.order_id}: it has come to its end without us")
        elif status in (400, 403, 422) or code == "command-id-reused":
            self._keep({"ended": order.order_id})
            self.say(f"order {order.order_id}: {step} refused, a person must look: {status} {text}")
        else:
            order.failures += 1
            order.not_before = time.monotonic() + min(30.0, 0.25 * 2**order.failures)
            self.say(f"order {order.order_id}: {step} failed, trying again: {status} {text}")

    def _body(self, order: Order, step: str) -> str:
        if step == "acknowledgement":
            return "{}"
        closed = self.behaviour == "closed"
        report = {
            "outcome": "already-closed" if closed else "executed",
            "executed_on": datetime.now(VIETNAM).date().isoformat(),
            "evidence": ALREADY_CLOSED if closed else EVIDENCE.get(order.kind, "Đã thực hiện."),
        }
        return json.dumps(report, ensure_ascii=False)

    # what is true

    def _verified(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        for webhook in self._webhooks:
            try:
                message: dict[str, Any] = webhook.verify(body, headers)
                return message
            except (WebhookVerificationError, ValueError):
                continue
        raise NotFromThem("no signature of the webhook holds")

    def _check_document(self, order: dict[str, Any]) -> None:
        """The document is what the department signed, and speaks of this order. Raises NotFromThem."""
        key = self._order_keys.get(order["key_id"])
        if key is None:
            raise NotFromThem(
                f"the document is signed with key {order['key_id']}, we have {', '.join(self._order_keys)}"
            )
        try:
            key.verify(base64.b64decode(order["signature"]), order["document"].encode())
        except (InvalidSignature, ValueError):
            raise NotFromThem("the signature of the order document does not hold") from None
        document = json.loads(order["document"])
        if (document["order_id"], document["kind"]) != (order["order_id"], order["kind"]):
            raise NotFromThem("the order document speaks of another order")

    def _keep(self, entry: dict[str, Any]) -> None:
        self._journal.write(**entry)
        self._replay(entry)

    def _replay(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"received": message_id, "type": kind, "data": data}:
                self._messages.add(message_id)
                order_id = data.get("order_id", "")
                if kind in ORDERS and order_id not in self._orders:
                    self._orders[order_id] = Order(order_id, data["kind"], seed=message_id)
                elif kind == WITHDRAWN and order_id in self._orders:
                    self._orders[order_id].ended = True
            case {"found": order_id, "kind": kind}:
                self._orders[order_id] = Order(order_id, kind, seed=order_id)
            case {"asking": order_id, "step": step, "body": body}:
                self._orders[order_id].bodies[step] = body
            case {"done": order_id, "step": step}:
                self._orders[order_id].done.add(step)
                self._orders[order_id].failures = 0
            case {"ended": order_id}:
                self._orders[order_id].ended = True

    def say(self, text: str) -> None:
        print(f"[{self.name}] {text}", flush=True)


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Raises ValueError when the file holds no Ed25519 public key in PEM."""
    key = load_pem_public_key(file.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{file} holds no Ed25519 key")
    return key


def id_of(key: Ed25519PublicKey) -> str:
    """As `key_id` names it."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def handler_for(company: Company) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30  # a caller that falls silent holds a thread no longer

        def do_GET(self) -> None:
            self._answer(200, "ready\n")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LARGEST_BODY:
                return self._answer(413, "a body of known length, at most a mebibyte\n")
            body = self.rfile.read(int(length))
            try:
                status = company.receive({name.lower(): value for name, value in self.headers.items()}, body)
                text = "" if status == 200 else "not now\n"
            except NotFromThem as reason:
                status, text = 401, f"{reason}\n"
            except (KeyError, TypeError, AttributeError) as error:
                status, text = 422, f"the message is not as the guide says: {error!r}\n"
            except OSError as error:
                status, text = 500, f"the journal does not take it: {error}\n"
            if status not in (200, 500):
                company.say(f"a message was refused: {status} {text.strip()}")
            self._answer(status, text)

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """`Company.say` tells what matters."""

    return Handler


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receives orders by webhook and reports what was done.")
    parser.add_argument("--name", required=True, help="for the log lines")
    parser.add_argument("--port", required=True, type=int, help="where webhooks arrive, on 127.0.0.1")
    parser.add_argument("--api", required=True, help="where the department's HTTP doors are")
    parser.add_argument("--api-key-file", required=True, type=Path)
    parser.add_argument("--secret-file", required=True, type=Path, help="one webhook secret a line; any may sign")
    parser.add_argument(
        "--order-key", required=True, action="append", type=Path, help="a key of the department's, PEM; may be repeated"
    )
    parser.add_argument("--state", required=True, type=Path, help="folder of the journal")
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="prompt")
    return parser.parse_args(arguments)


def main() -> int:
    options = options_of()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        company = Company(options)
        server = ThreadingHTTPServer(("127.0.0.1", options.port), handler_for(company))
    except (OSError, ValueError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 2
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    company.say(f"listening on port {server.server_address[1]}, {options.behaviour}")
    try:
        company.work(stopped)
    except OSError as error:
        print(f"cannot go on: {error}", file=sys.stderr)
        return 1
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
