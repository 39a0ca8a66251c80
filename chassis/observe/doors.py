"""The doors for operations: is it alive, is it ready, how is it doing. Both processes answer them.

`http` serves them beside its routes; `work` has the small server below, on real threads, so that it answers while
consumers are busy.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import structlog

from chassis.observe.metrics import CONTENT_TYPE, Exposition
from chassis.settings import CannotStart

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of being ready. `probe` answers None when all is well, else in plain words what is wrong."""

    name: str
    probe: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a door says: an HTTP status, its media type and its body."""

    status: int
    media_type: str
    body: bytes


def live() -> Answered:
    """200 as long as the process can answer at all."""
    return _json(200, {"status": "live"})


def ready(checks: Iterable[Check]) -> Answered:
    """200 when every check passes, else 503; the body lists each with `ok` and, if not, `detail`."""
    results = [{"name": check.name, **_outcome(check)} for check in checks]
    passed = all(result["ok"] for result in results)
    return _json(200 if passed else 503, {"status": "ready" if passed else "not ready", "checks": results})


def metrics(exposition: Exposition) -> Answered:
    """What Prometheus scrapes."""
    return Answered(200, CONTENT_TYPE, exposition.text())


class Doors:
    """The server of a `work` process. Port 0 takes a free one; `port` tells which."""

    def __init__(self, exposition: Exposition, checks: Iterable[Check], host: str, port: int) -> None:
        """Raises CannotStart when the port is taken."""
        answers: dict[str, Callable[[], Answered]] = {
            "/health/live": live,
            "/health/ready": lambda: ready(self._checks),
            "/metrics": lambda: metrics(exposition),
        }
        self._checks = tuple(checks)
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(answers))
        except OSError as error:
            raise CannotStart(f"port {port} of {host}: {error.strerror}; PHOIHOP_METRICS_PORT names another") from None
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, name="doors", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answers nobody any more when it returns."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler(answers: dict[str, Callable[[], Answered]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0])
            answer = found() if found else _json(404, {"status": "no such door", "doors": sorted(answers)})
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Scrapes are not news."""

    return Handler


def _outcome(check: Check) -> dict[str, Any]:
    try:
        wrong = check.probe()
    except Exception as error:
        structlog.get_logger("chassis.observe").warning("a check failed", check=check.name, exc_info=True)
        wrong = f"the check itself failed: {type(error).__name__}"
    return {"ok": wrong is None} | ({} if wrong is None else {"detail": wrong})


def _json(status: int, body: dict[str, Any]) -> Answered:
    return Answered(status, JSON, json.dumps(body, ensure_ascii=False).encode())
