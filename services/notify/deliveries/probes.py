"""What `http` needs to know of the outside: it asks here, `work` looks, and nothing but `work` ever opens a connection.

The http process runs on green threads, where a name look-up stops everybody; and one place to leave the house from is
easier to watch than two. A question is a row; its answer is written into it; whoever asked removes it.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.postgres.pool import Pool
from contracts.problem_texts import LANGUAGES
from contracts.refusals import Refusal, Told
from services.notify.domain.addresses import AddressRefused, NameNotFound
from services.notify.domain.message import TEST_TYPE, body_of
from services.notify.domain.refusals import SenderBusy
from services.notify.domain.signature import signature_headers
from services.notify.keys import SealBroken
from services.notify.sender.port import LookUpFailed, Post, Sender
from services.notify.vault import Vault

PATIENCE_S = 20.0
"""Longer than the sender's own deadline, shorter than a request's."""
LOOK_EVERY_S = 0.05
CONTENT_TYPE = ("Content-Type", "application/json; charset=utf-8")

ASK = "insert into probe (probe_id, url, endpoint_id) values (%s, %s, %s)"
ANSWER = "select outcome from probe where probe_id = %s and answered_at is not null"
FORGET = "delete from probe where probe_id = %s or asked_at < clock_timestamp() - interval '1 hour'"
TAKE = """
update probe set taken_at = clock_timestamp() where probe_id = (
    select probe_id from probe
    where taken_at is null and asked_at > clock_timestamp() - %s * interval '1 second'
    order by asked_at limit 1 for update skip locked)
returning probe_id, url, endpoint_id, taken_at
"""
REPLY = "update probe set answered_at = clock_timestamp(), outcome = %s where probe_id = %s"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a test message met: `status` is null without an answer, `error` null when it was accepted."""

    status: int | None
    error: str | None
    answer: str
    duration_ms: int


def check_address(pool: Pool, url: str) -> None:
    """Raises AddressRefused, NameNotFound, SenderBusy."""
    _ask(pool, url, None)


def send_test(pool: Pool, url: str, endpoint_id: UUID) -> Seen:
    """Sends a signed test message now. Raises AddressRefused, NameNotFound, SenderBusy."""
    return Seen(**_ask(pool, url, endpoint_id)["seen"])


def _ask(pool: Pool, url: str, endpoint_id: UUID | None) -> dict[str, Any]:
    probe_id, deadline = uuid4(), time.monotonic() + PATIENCE_S
    with pool.statements() as cursor:
        cursor.execute(ASK, (probe_id, url, endpoint_id))
    try:
        outcome = _answer(pool, probe_id)
        while outcome is None and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
            outcome = _answer(pool, probe_id)
    finally:
        with pool.statements() as cursor:
            cursor.execute(FORGET, (probe_id,))
    if outcome is None:
        raise SenderBusy("No worker looked at it within {seconds:g} s; try again in a moment.", seconds=PATIENCE_S)
    match outcome.get("refused"):
        case {"code": NameNotFound.code, "detail": detail}:
            raise NameNotFound(Told(detail))
        case {"code": SenderBusy.code, "detail": detail}:
            raise SenderBusy(Told(detail))
        case {"detail": detail}:
            raise AddressRefused(Told(detail))
    return outcome


def _answer(pool: Pool, probe_id: UUID) -> dict[str, Any] | None:
    with pool.statements() as cursor:
        cursor.execute(ANSWER, (probe_id,))
        row = cursor.fetchone()
    return None if row is None else row[0]


def _refused(refusal: Refusal) -> dict[str, Any]:
    detail = {language: refusal.said.in_language(language) for language in LANGUAGES}
    return {"refused": {"code": refusal.code, "detail": detail}}


class Prober:
    """The side of `work`: takes one question at a time, no transaction open while it looks."""

    def __init__(self, pool: Pool, sender: Sender, vault: Vault) -> None:
        self._pool, self._sender, self._vault = pool, sender, vault

    def run_once(self) -> int:
        """Answers at most one question; says how many. Raises Unavailable when the database is away."""
        with self._pool.transaction() as cursor:
            cursor.execute(TAKE, (PATIENCE_S,))
            taken = cursor.fetchone()
        if taken is None:
            return 0
        probe_id, url, endpoint_id, now = taken
        outcome = self._looked(url) if endpoint_id is None else self._tested(probe_id, url, endpoint_id, now)
        with self._pool.transaction() as cursor:
            cursor.execute(REPLY, (json.dumps(outcome), probe_id))
        return 1

    def _looked(self, url: str) -> dict[str, Any]:
        try:
            self._sender.check(url)
        except AddressRefused as refused:
            return _refused(refused)
        except (LookUpFailed, TimeoutError) as error:
            return _refused(SenderBusy("The name cannot be looked up now: {why}.", why=str(error)))
        return {}

    def _tested(self, probe_id: UUID, url: str, endpoint_id: UUID, now: Any) -> dict[str, Any]:
        looked = self._looked(url)
        if looked:
            return looked
        body = body_of(TEST_TYPE, now, {"endpoint_id": str(endpoint_id)})
        try:
            with self._pool.transaction(read_only=True) as cursor:
                keys = self._vault.signing_keys(cursor, endpoint_id)
            signed = signature_headers(str(probe_id), now, body, keys)
        except (SealBroken, ValueError) as error:
            return _refused(SenderBusy("The test message cannot be signed: {why}.", why=str(error)))
        outcome = self._sender.send(Post(url, (CONTENT_TYPE, *signed), body))
        seen = {
            "status": outcome.status,
            "error": outcome.error,
            "answer": outcome.answer.decode("utf-8", "replace").replace("\0", " "),
            "duration_ms": round(outcome.duration_s * 1000),
        }
        return {"seen": seen}
