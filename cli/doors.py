"""The services' HTTP doors, asked by a reader of the Department (DIC), who sees everything.

Where the issuer is not ours, its token comes in `PHOIHOP_TOKEN`; else one is made with `jwt-issuer.pem`.
"""

import os
from collections.abc import Iterator
from typing import Any

import requests

from chassis.identity.officers import issue_token
from cli import environment
from cli.telling import say_no

TIMEOUT_S = 30


def read(path: str, **filters: str) -> Any:
    """What `GET <path>` answers; the path begins with its service: `/enforcement/v1/orders`.

    A refusal ends the command: one line, exit code 1. Raises NoSuchService, NotConfigured, requests.RequestException.
    """
    url = environment.url(path.strip("/").partition("/")[0])
    reply = requests.get(
        f"{url}/{path.lstrip('/')}", params=filters, headers={"Authorization": f"Bearer {_token()}"}, timeout=TIMEOUT_S
    )
    if reply.status_code >= 400:
        say_no(str(reply.json().get("detail", reply.text)))
    return reply.json()


def _token() -> str:
    return os.environ.get("PHOIHOP_TOKEN") or issue_token(
        environment.secret("jwt-issuer.pem"), agency="dic", role="reader", subject="phoihop"
    )


def read_all(path: str, **filters: str) -> Iterator[dict[str, Any]]:
    """The items of a list, page after page. Raises as `read` does."""
    cursor: dict[str, str] = {}
    while True:
        page = read(path, **filters, **cursor)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}
