"""The socket side of nameko's web server: limits on time, size and number; no client can end the process."""

import socket
from contextlib import suppress
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from eventlet.semaphore import Semaphore
from nameko.web.server import HttpOnlyProtocol, WebServer

from chassis.observe.metrics import REQUESTS_REFUSED_AT_THE_DOOR

IDLE_SECONDS = 75.0
"""How long a connection may stay open between two requests."""
HEADER_SECONDS = 10.0
SOCKET_SECONDS = 30.0
"""One read or write of a socket."""
MOST_CONNECTIONS = 500
"""eventlet selects over file descriptors below 1024."""
DRAIN_SECONDS, DRAIN_BYTES = 5.0, 32 * 1024 * 1024
"""How long and how much of a refused body is thrown away, so that the client gets to read our answer."""
STOP_SECONDS = 10.0
URL_LIMIT = 8192

PROTOCOL = "phoihop.protocol"
"""Key of the WSGI environment: the connection's protocol."""

logger = structlog.get_logger("chassis.web")


class Protocol(HttpOnlyProtocol):  # type: ignore[misc]  # its base has no types
    """One connection. `refuse_rest` closes it after the answer without keeping what the client still sends."""

    refuses_rest = False

    def refuse_rest(self) -> None:
        self.refuses_rest = True
        self.close_connection = True

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        if not self.headers.get("Content-Type"):
            environ["CONTENT_TYPE"] = ""  # the standard library would say text/plain
        return environ | {PROTOCOL: self}

    def _read_request_line(self) -> bytes:
        with eventlet.Timeout(IDLE_SECONDS, False):
            line: bytes = super()._read_request_line()
            return line
        return b""

    def parse_request(self) -> bool:
        with eventlet.Timeout(HEADER_SECONDS, False):
            return bool(super().parse_request())
        self.close_connection = True
        return False

    def log_message(self, format: str, *args: Any) -> None:
        """The standard library would write to stderr what it answered to nonsense."""
        logger.info("a request could not be read", reason=format % args)

    def finish(self) -> None:
        if self.refuses_rest:
            with suppress(OSError), eventlet.Timeout(DRAIN_SECONDS, False):
                self._drain()
        super().finish()

    def _drain(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        left = DRAIN_BYTES
        while left > 0 and (dropped := self.connection.recv(64 * 1024)):
            left -= len(dropped)


class _ServerLog:
    """eventlet logs each access, which `service.py` does already, and failed answers, which nobody else sees."""

    def info(self, message: str) -> None:
        if message.startswith("Traceback"):
            logger.error("an answer could not be sent", exception=message)

    def debug(self, message: str) -> None: ...

    def error(self, message: str) -> None:
        logger.warning(message)


class Listener(WebServer):  # type: ignore[misc]  # its base has no types
    """nameko's server with our protocol; `app` of the subclass answers."""

    def __init__(self) -> None:
        super().__init__()
        self._connections = Semaphore(MOST_CONNECTIONS)

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, protocol: Any = Protocol, debug: bool = False) -> Any:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=debug,
            log=_ServerLog(),
            url_length_limit=URL_LIMIT,
            keepalive=IDLE_SECONDS,
            socket_timeout=SOCKET_SECONDS,
        )

    def start(self) -> None:
        """Raises OSError when the address is taken."""
        if not self._starting:
            super().start()
            logger.info("listening", host=self.bind_addr.address, port=self._sock.getsockname()[1])

    def run(self) -> None:
        """Accepts connections; a burst waits, and an error of one accept ends nothing."""
        while self._is_accepting:
            self._connections.acquire()
            try:
                sock, address = self._sock.accept()
                sock.settimeout(SOCKET_SECONDS)
            except OSError as error:
                self._connections.release()
                REQUESTS_REFUSED_AT_THE_DOOR.labels("not-accepted").inc()
                logger.warning("a connection could not be accepted", reason=str(error))
                eventlet.sleep(0.1)
                continue
            self.container.spawn_managed_thread(partial(self.process_request, sock, address))

    def process_request(self, sock: Any, address: Any) -> None:
        """One connection to its end. Whatever the client does, the container lives on."""
        try:
            super().process_request(sock, address)
        except Exception as error:
            logger.info("a connection broke", reason=type(error).__name__)
        finally:
            sock.close()
            self._connections.release()

    def stop(self) -> None:
        """Stops accepting, then waits until the answers under way are sent."""
        server, waited = self._serv, 0.0
        super().stop()
        while server is not None and server.outstanding_requests and waited < STOP_SECONDS:
            eventlet.sleep(0.02)
            waited += 0.02
