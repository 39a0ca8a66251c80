"""The public doors of the five services, as officers and companies use them: HTTP and nothing else."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from chassis.identity.officers import issue_token
from examples.story.journal import Journal

PATIENCE_S = 60
"""How long a door may be closed (a service starting again) before the story gives up."""
POLL_S = 0.15
ATTEMPTS, PAUSE_S = 20, 0.5
TOKEN_GOOD_FOR_S = 300


class Refused(Exception):
    """The system said no. `problem` is its problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")
        self.problem = problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code"))


class NotSeen(Exception):
    """What the step must bring about did not show in time."""


@dataclass(frozen=True)
class Officer:
    """Somebody who signs: an agency's officer. Tokens come from the local issuer."""

    agency: str
    name: str
    role: str = "officer"


class Doors:
    """`urls`: where each service answers; `secrets`: the folder with the local issuer's key."""

    def __init__(self, urls: Mapping[str, str], secrets: Path, journal: Journal) -> None:
        self._urls = urls
        self._issuer_key = (secrets / "jwt-issuer.pem").read_bytes()
        self._journal = journal
        self._session = requests.Session()
        self._tokens: dict[Officer, tuple[float, str]] = {}

    def ask(
        self,
        label: str,
        who: Officer | str,
        path: str,
        make: Callable[[], Any],
        *,
        media_type: str = "application/json",
        again_on: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Sends a command and answers what the service answered; sent again, it changes nothing.

        `who`: an officer, or a company's API key. `make` gives the body (JSON-ready, or bytes) when it was never sent.
        After a problem with a code in `again_on` (a read model may be a moment behind, an instant may have passed) a
        new attempt with a body of its own is made, up to twenty. Raises Refused.
        """
        for attempt in range(1, ATTEMPTS + 1):
            name = label if attempt == 1 else f"{label}.{attempt}"
            body = self._journal.sent(name, lambda: _bytes_of(make()))
            headers = {
                "Authorization": f"Bearer {self._credential(who)}",
                "Content-Type": media_type,
                "Idempotency-Key": str(self._journal.command_id(name)),
            }
            answer = self._send("POST", path, headers, body)
            if answer.ok:
                return dict(answer.json()) if answer.content else {}
            problem = Refused(answer.json())
            if problem.code not in again_on:
                raise problem
            time.sleep(PAUSE_S)
        raise problem

    def ask_once(
        self, label: str, who: Officer | str, path: str, make: Callable[[], Any], secret: str
    ) -> dict[str, Any]:
        """Like `ask`, for an answer with a member `secret` that is shown once: if it was lost, another is asked for."""
        kept = self._journal.kept(label)
        attempt = 1
        while kept is None:
            answer = self.ask(f"{label}.{attempt}", who, path, make)
            if secret in answer:
                self._journal.keep(label, answer)
                kept = answer
            attempt += 1
        return kept

    def read(self, who: Officer | str, path: str, **parameters: Any) -> dict[str, Any]:
        """A query's JSON answer. Raises Refused."""
        answer = self._send("GET", path, {"Authorization": f"Bearer {self._credential(who)}"}, None, parameters)
        if not answer.ok:
            raise Refused(answer.json())
        return dict(answer.json())

    def page_through(self, who: Officer | str, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            page = self.read(who, path, **parameters, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def document(self, who: Officer, path: str, media_type: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._credential(who)}", "Accept": media_type}
        answer = self._send("GET", path, headers, None)
        answer.raise_for_status()
        return answer.content

    def facts(self, who: Officer, **filters: Any) -> list[dict[str, Any]]:
        """Facts that reporting has learnt from the bus, by type, stream or an id they refer to."""
        return list(self.page_through(who, "/reporting/v1/facts", limit=200, **filters))

    def wait_for(
        self, who: Officer, what: str, enough: Callable[[list[dict[str, Any]]], bool], limit_s: float, **filters: Any
    ) -> list[dict[str, Any]]:
        """The facts under these filters once `enough` of them are there. Raises NotSeen."""
        deadline = time.monotonic() + limit_s
        while True:
            found = self.facts(who, **filters)
            if enough(found):
                return found
            if time.monotonic() > deadline:
                raise NotSeen(f"{what}: not seen within {limit_s:.0f} s ({len(found)} of it so far)")
            time.sleep(POLL_S)

    def _credential(self, who: Officer | str) -> str:
        if isinstance(who, str):
            return who
        made_at, token = self._tokens.get(who, (0.0, ""))
        if time.monotonic() - made_at > TOKEN_GOOD_FOR_S or not token:
            token = issue_token(self._issuer_key, subject=who.name, agency=who.agency, role=who.role)
            self._tokens[who] = (time.monotonic(), token)
        return token

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """A closed door or a 5xx is tried again, with the same bytes and the same id: nothing is done twice."""
        url = self._urls[path.split("/")[1]] + path
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._session.request(method, url, headers=headers, data=body, params=parameters, timeout=40)
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status_code < 500 or time.monotonic() > deadline:
                    return answer
            time.sleep(POLL_S)


def _bytes_of(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, default=_text).encode()


def _text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
