"""Addresses beside the routes: health, metrics, the API's description and its page, the meaning of a problem.

They need no worker, so that a busy service still says that it lives.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import swagger_ui_bundle
from werkzeug.wrappers import Request, Response

from chassis.observe import doors
from chassis.observe.doors import Answered, Check
from chassis.observe.metrics import Exposition
from chassis.web import openapi, problems
from chassis.web.headers import DOCUMENTATION
from chassis.web.refusals import MethodNotAllowed, NoSuchPath
from chassis.web.routes import Routes

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css"><link rel="icon" href="docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script>
</body></html>"""
START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});'


class Operations:
    """Answers GET on these addresses; None for every other path."""

    def __init__(self, routes: Routes, exposition: Exposition, checks: Iterable[Check]) -> None:
        description = json.dumps(openapi.document(routes), ensure_ascii=False)
        base, assets = f"/{routes.service}", Path(swagger_ui_bundle.swagger_ui_path)
        self._checks = tuple(checks)
        self._answers: dict[str, Callable[[], Response]] = {
            "/health/live": lambda: _from(doors.live()),
            "/health/ready": lambda: _from(doors.ready(self._checks)),
            "/metrics": lambda: _from(doors.metrics(exposition)),
            f"{base}/openapi.json": lambda: Response(description, mimetype="application/json"),
            f"{base}/docs": lambda: _documentation(PAGE.format(title=routes.title), "text/html"),
            f"{base}/docs/start.js": lambda: _documentation(START, "text/javascript"),
        }
        for name, media_type in ASSETS.items():
            self._answers[f"{base}/docs/{name}"] = _asset(assets / name, media_type)

    def __call__(self, request: Request) -> Response | None:
        """Raises MethodNotAllowed, and NoSuchPath for a problem code that nothing here uses."""
        if request.path.startswith("/problems/"):
            return self._problem(request)
        found = self._answers.get(request.path)
        if found is None:
            return None
        _only_get(request)
        return found()

    @staticmethod
    def _problem(request: Request) -> Response:
        _only_get(request)
        kind = problems.description(request.path.removeprefix("/problems/"))
        if kind is None:
            raise NoSuchPath("no problem has this code here")
        return problems.described(kind, wants_html="text/html" in request.headers.get("Accept", ""))


def _only_get(request: Request) -> None:
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("only GET", allow=["GET", "HEAD"])


def _asset(file: Path, media_type: str) -> Callable[[], Response]:
    return lambda: _documentation(file.read_bytes(), media_type)


def _documentation(content: str | bytes, media_type: str) -> Response:
    return Response(content, mimetype=media_type, headers={"Content-Security-Policy": DOCUMENTATION})


def _from(answered: Answered) -> Response:
    return Response(answered.body, status=answered.status, content_type=answered.media_type)
