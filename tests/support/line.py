"""A TCP line that can be bad in every way a network is: slow, narrow, in crumbs, cut, silent in one direction or two.

With several servers behind it, it is a small balancer: each new connection goes to the next one that lets it in.
"""

import asyncio
import itertools
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.support.proxy import on_a_thread

CHUNK = 65_536
LOOK_EVERY_S = 0.05
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


@dataclass(frozen=True)
class Weather:
    """How bad it is. `slice_bytes`: at most so much at once. `silent`: ways in which nothing arrives, "up" to the
    server and "down" from it, until the weather changes: as with TCP, nothing is lost but time."""

    delay_s: float = 0
    bytes_per_s: float = 0
    slice_bytes: int = 0
    silent: frozenset[str] = frozenset()


FAIR = Weather()
SLOW = Weather(delay_s=0.1, bytes_per_s=3_000_000 / 8)
CRUMBS = Weather(delay_s=0.001, slice_bytes=512)
BLACK_HOLES = tuple(Weather(silent=frozenset(ways)) for ways in (("up", "down"), ("up",), ("down",)))


class Line:
    """From `port` on 127.0.0.1, 0 takes a free one, to one of `servers`; steered from any thread."""

    def __init__(self, servers: Sequence[int], port: int = 0) -> None:
        self.port = port
        self.weather = FAIR
        self.refused = 0
        """Connections that no server let in."""
        self._servers, self._turn = tuple(servers), itertools.count()
        self._open: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def cut(self) -> None:
        """Resets every connection there is."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._reset)

    async def serve(self, ready: threading.Event, stopped: asyncio.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()
        self._reset()

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        found = await self._connect()
        if found is None:
            self.refused += 1
            to_client.transport.abort()
            return
        from_server, to_server = found
        ends = {to_client, to_server}
        self._open |= ends
        try:
            await asyncio.gather(self._pass("up", from_client, to_server), self._pass("down", from_server, to_client))
        finally:
            self._open -= ends
            for end in ends:
                end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for number in range(len(self._servers)):
            port = self._servers[(first + number) % len(self._servers)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _pass(self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                for part in self._parts(data):
                    weather = self.weather
                    pause_s = len(part) / weather.bytes_per_s if weather.bytes_per_s else 0
                    await asyncio.sleep(weather.delay_s + pause_s)
                    await self._silence(way)
                    sink.write(part)
                    await sink.drain()
            await self._silence(way)
            if sink.can_write_eof():
                sink.write_eof()

    async def _silence(self, way: str) -> None:
        while way in self.weather.silent:
            await asyncio.sleep(LOOK_EVERY_S)

    def _parts(self, data: bytes) -> Iterator[bytes]:
        size = self.weather.slice_bytes or len(data)
        return (data[begin : begin + size] for begin in range(0, len(data), size))

    def _reset(self) -> None:
        for end in self._open:
            end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.transport.abort()


@contextmanager
def line(*servers: int, port: int = 0) -> Iterator[Line]:
    """A line in fair weather, until the block ends."""
    made = Line(servers, port)
    with on_a_thread(made):
        yield made
