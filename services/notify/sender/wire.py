"""HTTP/1.1 over one socket with one deadline and one allowance of bytes, however the other side drips or floods.

`http.client` parses; here stands what it lacks: a deadline that spans every read and write, and a limit on all bytes
taken from the wire, head and body together.
"""

import contextlib
import http.client
import io
import socket
import time
from dataclasses import dataclass

from services.notify.sender.port import MAX_KEPT, Post

MAX_READ = 64 * 1024
USER_AGENT = "Phoi-hop-Webhooks/1"


class TooMuch(Exception):
    """The answer's head alone is longer than what is read."""


class Deadline:
    """One point in monotonic time."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the attempt has passed")
        return left


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: str | None
    body: bytes


def request_bytes(post: Post, target: str, authority: str) -> bytes:
    """The request as it goes over the wire. Raises ValueError for a header that would break out of its line."""
    headers = [
        ("Host", authority),
        ("User-Agent", USER_AGENT),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("Content-Length", str(len(post.body))),
        *post.headers,
    ]
    for name, value in headers:
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"header {name} holds what may not stand in a header")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + post.body


def exchange(connection: socket.socket, request: bytes, deadline: Deadline) -> Answer:
    """Sends the request and reads the answer's status and the beginning of its body.

    Raises TimeoutError, TooMuch, OSError, http.client.HTTPException. Once the head is read, nothing that happens to
    the body is an error: the status counts.
    """
    reader = _BoundedSocket(connection, deadline)
    response = http.client.HTTPResponse(reader, method="POST")  # type: ignore[arg-type]  # needs makefile() only
    try:
        # an endpoint may answer before it has read everything; its answer counts
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            _send(connection, request, deadline)
        response.begin()
        return Answer(response.status, response.headers.get("Retry-After"), _beginning(response))
    finally:
        response.close()


def _send(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    rest = memoryview(data)
    while rest:
        connection.settimeout(deadline.left())
        rest = rest[connection.send(rest) :]


def _beginning(response: http.client.HTTPResponse) -> bytes:
    kept = b""
    with contextlib.suppress(OSError, http.client.HTTPException, TooMuch, ValueError):
        while len(kept) < MAX_KEPT:
            piece = response.read1(MAX_KEPT - len(kept))
            if not piece:
                break
            kept += piece
    return kept[:MAX_KEPT]


class _BoundedSocket(io.RawIOBase):
    """What HTTPResponse reads from: each read waits for what is left of the deadline, all reads share one allowance."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline, self._allowed = connection, deadline, MAX_READ

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, 4096)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._allowed <= 0:
            raise TooMuch(f"the answer is longer than {MAX_READ // 1024} KiB")
        self._connection.settimeout(self._deadline.left())
        count = self._connection.recv_into(buffer[: self._allowed])
        self._allowed -= count
        return count
