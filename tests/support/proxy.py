"""A TCP proxy that loses the answer to what is committed: it was, and whoever asked for it will never hear of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

COMMITTING = (b"Q\x00\x00\x00\x0bCOMMIT\x00", b"select public.append(")
"""Simple queries of PostgreSQL's protocol, as libpq sends them; an append is mostly a transaction of its own."""
CHUNK = 65_536


@dataclass
class _Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    loses_answer: bool = False
    """The next thing that the server says is thrown away, and the connection with it."""


class Proxy:
    """Listens on 127.0.0.1 at `port` and passes on to `upstream_port`; steered from any thread."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._lock = threading.Lock()
        self._due = 0
        self.cuts = 0
        """Answers that were lost."""
        self.port = 0

    def lose_answers(self, commits: int) -> None:
        """To the next so many commits."""
        with self._lock:
            self._due += commits

    async def serve(self, ready: threading.Event, stopped: asyncio.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            to_client.transport.abort()
            return
        connection = _Connection(to_client, to_server)
        await asyncio.gather(self._requests(connection, from_client), self._answers(connection, from_server))

    async def _requests(self, connection: _Connection, stream: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await stream.read(CHUNK):
                if any(query in data for query in COMMITTING) and self._is_due():
                    connection.loses_answer = True
                connection.server.write(data)
                await connection.server.drain()
        connection.server.close()

    async def _answers(self, connection: _Connection, stream: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await stream.read(CHUNK):
                if connection.loses_answer:
                    self.cuts += 1
                    connection.client.transport.abort()
                    break
                connection.client.write(data)
                await connection.client.drain()
        connection.client.close()
        connection.server.close()

    def _is_due(self) -> bool:
        with self._lock:
            self._due -= 1 if (due := self._due > 0) else 0
            return due


class Served(Protocol):
    async def serve(self, ready: threading.Event, stopped: asyncio.Event) -> None: ...


@contextmanager
def on_a_thread(served: Served) -> Iterator[None]:
    """It listens when the block begins, on a thread of its own until the end."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stopped = asyncio.Event()

    def run() -> None:
        loop.run_until_complete(served.serve(ready, stopped))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, name="proxy", daemon=True)
    thread.start()
    assert ready.wait(10), "the proxy listens"
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)


@contextmanager
def proxying(upstream_port: int) -> Iterator[Proxy]:
    """A proxy that runs until the end."""
    proxy = Proxy(upstream_port)
    with on_a_thread(proxy):
        yield proxy
