"""An HTTP endpoint that behaves as its path says: well, badly, or maliciously. One thread a connection."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Behaviour = Callable[["Connection"], None]


@dataclass(frozen=True)
class ReceivedPost:
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass
class Connection:
    """One accepted connection, its request read unless the behaviour asked not to."""

    socket: socket.socket
    stopped: threading.Event
    request: ReceivedPost | None = None

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in headers)]
        self.say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def hold(self) -> None:
        """Keeps the connection open until the server stops."""
        self.stopped.wait()

    def drip(self, data: bytes, every_s: float) -> None:
        for byte in data:
            if self.stopped.wait(every_s):
                return
            self.say(bytes([byte]))


def not_found(connection: Connection) -> None:
    connection.answer(404)


@dataclass
class EndpointServer:
    """Listens on `host` at a free port. `behaviours` maps a path to what happens there; others answer 404."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    reads: bool = True
    """False: accepts connections and never reads from them."""
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    received: list[ReceivedPost] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._listening = socket.create_server((self.host, 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, name="endpoint", daemon=True).start()

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{path}"

    def posts_to(self, path: str) -> list[ReceivedPost]:
        return [post for post in self.received if post.path == path]

    def stop(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as open_things:
            open_things.callback(accepted.close)
            if self.tls is not None:
                accepted = open_things.enter_context(self.tls.wrap_socket(accepted, server_side=True))
            connection = Connection(accepted, self._stopped)
            if not self.reads:
                return connection.hold()
            request = connection.request = _read(accepted)
            self.received.append(request)
            self.behaviours.get(request.path, not_found)(connection)


def _read(accepted: socket.socket) -> ReceivedPost:
    stream = accepted.makefile("rb")
    first_line = stream.readline().decode().split(" ")
    if len(first_line) != 3:
        raise ValueError("the other side went away, or speaks something else")
    headers = {}
    for line in iter(stream.readline, b"\r\n"):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    return ReceivedPost(first_line[1], headers, stream.read(int(headers.get("content-length", "0"))))


@contextlib.contextmanager
def serving(behaviours: dict[str, Behaviour] | None = None, **settings: object) -> Iterator[EndpointServer]:
    server = EndpointServer(behaviours or {}, **settings)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.stop()
