"""Companies' endpoints that write down everything they are sent, and behave as badly as they are told."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from standardwebhooks.webhooks import Webhook

from tests.conformance.sender.endpoint_server import Connection, EndpointServer, serving

TOLERANCE: Final = timedelta(minutes=5)
"""Of Standard Webhooks: between the sender's clock and the receiver's."""
Manners = Callable[[str, int], int]
"""(message id, how often it was sent before) → the status to answer."""


def polite(message_id: str, before: int) -> int:
    return 200


def slow_to_accept(message_id: str, before: int) -> int:
    """Answers 500 to the first attempt of every other message."""
    return 500 if before == 0 and int(message_id[-1], 16) % 2 else 200


@dataclass(frozen=True)
class Receipt:
    """One attempt as it arrived."""

    message_id: str
    body: bytes
    verified: bool
    status: int
    traceparent: str = ""

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Receiver:
    """One company's endpoint. `secret` is known once the endpoint is registered."""

    path: str
    url: str
    secret: str = ""
    manners: Manners = polite
    tolerance: timedelta = TOLERANCE
    receipts: list[Receipt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def behave(self, connection: Connection) -> None:
        request = connection.request
        assert request is not None
        message_id = request.headers.get("webhook-id", "")
        verified = is_signed(request.body, request.headers, self.secret, self.tolerance)
        with self._lock:
            before = Counter(receipt.message_id for receipt in self.receipts)[message_id]
            status = self.manners(message_id, before)
            traceparent = request.headers.get("traceparent", "")
            self.receipts.append(Receipt(message_id, request.body, verified, status, traceparent))
        connection.answer(status)


def is_signed(body: bytes, headers: Mapping[str, str], secret: str, tolerance: timedelta) -> bool:
    """Over id, timestamp and bytes, at a time that differs from ours by no more than `tolerance`."""
    try:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        expected = Webhook(secret).sign(headers["webhook-id"], at, body.decode())
        return abs(datetime.now(UTC) - at) <= tolerance and expected in headers["webhook-signature"].split()
    except (KeyError, ValueError):
        return False


class Receivers:
    """All endpoints of a run, on one port."""

    def __init__(self, server: EndpointServer) -> None:
        self._server = server
        self.all: list[Receiver] = []

    def open(self, name: str) -> Receiver:
        receiver = Receiver(f"/{name}", self._server.url(f"/{name}"))
        self._server.behaviours[receiver.path] = receiver.behave
        self.all.append(receiver)
        return receiver


@contextmanager
def receiving() -> Iterator[Receivers]:
    with serving() as server:
        yield Receivers(server)
