"""Clients that remember what they were told, and a small bounded stream of their commands.

Every command ends as one of three, as in Jepsen's tests: `ok` (the service said yes), `fail` (it said no: then nothing
may have happened), `info` (nobody knows: it may have happened once). A client that hears nothing repeats the same bytes
under the same Idempotency-Key for as long as it is patient.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID, uuid4

import requests

from chassis.identity import principal
from chassis.identity.officers import issue_token
from chassis.store.commands import command_id_of
from tests.support.waiting import wait_until

AGAIN_S = 0.1
ANSWER_S = 15
TOKEN_GOOD_FOR_S = 300


class Outcome(StrEnum):
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Caller(Protocol):
    """Who asks, and with which credential."""

    @property
    def principal(self) -> principal.Principal: ...

    def credential(self) -> str: ...


@dataclass
class Officer:
    """An officer with a token of the local issuer, renewed in time."""

    issuer_key: bytes = field(repr=False)
    agency: str = "dic"
    subject: str = "le-van-a"
    role: str = "officer"
    _made_at: float = 0.0
    _token: str = ""

    @property
    def principal(self) -> principal.Principal:
        return principal.officer(self.agency, self.subject, self.role)

    def credential(self) -> str:
        if not self._token or time.monotonic() - self._made_at > TOKEN_GOOD_FOR_S:
            self._token = issue_token(self.issuer_key, agency=self.agency, role=self.role, subject=self.subject)
            self._made_at = time.monotonic()
        return self._token


@dataclass(frozen=True)
class Company:
    company_id: UUID
    api_key: str = field(repr=False)

    @property
    def principal(self) -> principal.Principal:
        return principal.company(self.company_id)

    def credential(self) -> str:
        return self.api_key


@dataclass(frozen=True)
class Call:
    """One command as its client saw it, over all its attempts. `status` and `answer` are of the last attempt."""

    service: str
    path: str
    command_id: UUID
    outcome: Outcome
    status: int
    answer: Mapping[str, Any]
    after: tuple[tuple[UUID, int], ...]
    """The streams that changed and the versions they then had."""
    attempts: int
    replayed: bool


class History:
    """Everything that clients were told, in the order of their last answers."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> Call:
        with self._lock:
            self._calls.append(call)
        return call

    def calls(self, *outcomes: Outcome) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if not outcomes or call.outcome in outcomes]

    def accepted(self) -> int:
        return len(self.calls(Outcome.OK))


class Doors:
    """The services' HTTP doors. `urls`: where each answers. One session a thread."""

    def __init__(self, urls: Mapping[str, str], history: History, patience_s: float = 60.0) -> None:
        self._urls = dict(urls)
        self._history = history
        self._patience_s = patience_s
        self._local = threading.local()

    def ask(
        self,
        who: Caller,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str | None = None,
        if_match: int | None = None,
        patience_s: float | None = None,
        unheard: Callable[[], None] | None = None,
    ) -> Call:
        """A command over HTTP; what came of it is remembered. `unheard` is called after each attempt without answer."""
        key = key or str(uuid4())
        data = json.dumps(body, ensure_ascii=False, default=str).encode()
        deadline = time.monotonic() + (self._patience_s if patience_s is None else patience_s)
        attempt = 0
        while True:
            attempt += 1
            response = self._post(who, path, data, key, if_match)
            if response is not None and response.status_code < 500:
                return self._history.add(_call(who, path, key, response, attempt))
            if unheard is not None:
                unheard()
            if time.monotonic() > deadline:
                return self._history.add(_unknown(who, path, key, response, attempt))
            time.sleep(AGAIN_S)

    def must(self, who: Caller, path: str, body: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
        """The answer to a command that is to succeed. Raises AssertionError with the problem otherwise."""
        call = self.ask(who, path, body, **more)
        assert call.outcome is Outcome.OK, f"{path}: {call.status} {dict(call.answer)}"
        return call.answer

    def read(self, who: Caller, path: str, **parameters: Any) -> requests.Response:
        return self._session().get(
            self._url(path),
            params=parameters,
            headers={"Authorization": f"Bearer {who.credential()}"},
            timeout=ANSWER_S,
        )

    def _post(self, who: Caller, path: str, data: bytes, key: str, if_match: int | None) -> requests.Response | None:
        headers = {
            "Authorization": f"Bearer {who.credential()}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        try:
            return self._session().post(self._url(path), data=data, headers=headers, timeout=ANSWER_S)
        except (requests.ConnectionError, requests.Timeout):
            return None

    def _url(self, path: str) -> str:
        return self._urls[path.split("/")[1]] + path

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session


def _call(who: Caller, path: str, key: str, response: requests.Response, attempts: int) -> Call:
    outcome = Outcome.OK if response.ok else Outcome.FAIL
    after = tuple(
        (UUID(stream), int(version))
        for stream, _, version in (
            entry.partition("@") for entry in response.headers.get("After", "").split(",") if entry
        )
    )
    return Call(
        path.split("/")[1],
        path,
        command_id_of(who.principal, key),
        outcome,
        response.status_code,
        response.json(),
        after,
        attempts,
        "Idempotent-Replayed" in response.headers,
    )


def _unknown(who: Caller, path: str, key: str, response: requests.Response | None, attempts: int) -> Call:
    status = response.status_code if response is not None else 0
    return Call(
        path.split("/")[1], path, command_id_of(who.principal, key), Outcome.INFO, status, {}, (), attempts, False
    )


class Traffic:
    """Threads that each do `one` thing after another while it runs, `pause_s` apart, `most` in all."""

    def __init__(self, one: Callable[[], object], threads: int = 2, pause_s: float = 0.1, most: int = 5_000) -> None:
        self._one, self._threads, self._pause_s, self._most = one, threads, pause_s, most
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._done = 0
        self._failures: list[BaseException] = []

    @property
    def done(self) -> int:
        return self._done

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        """Raises at the end what a thread raised."""
        self._stop.clear()
        threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(90)
        if self._failures:
            raise self._failures[0]

    def wait_for(self, more: int, limit_s: float = 60.0) -> None:
        """Until so many further things are done. Raises AssertionError."""
        target = self._done + more

        def reached() -> bool:
            if self._failures:
                raise self._failures[0]
            return self._done >= target

        wait_until(reached, limit_s, f"{more} more commands are answered")

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and self._done < self._most:
                self._one()
                with self._lock:
                    self._done += 1
                self._stop.wait(self._pause_s)
        except BaseException as error:
            self._failures.append(error)
