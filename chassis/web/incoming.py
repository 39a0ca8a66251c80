"""One request as the routes see it: read in full, its headers understood."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from werkzeug.datastructures import Headers, MultiDict

from chassis.observe import traces
from chassis.web.languages import preferred
from chassis.web.refusals import IdempotencyKeyMissing, IdempotencyKeyUnusable, IfMatchUnusable
from chassis.web.validators import TAGGED_VERSION
from contracts.problem_texts import Language
from contracts.refusals import Malformed

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """`path` holds the values of the placeholders; `parameters` the query string, repeated names kept."""

    method: str
    path: Mapping[str, Any]
    headers: Headers
    parameters: MultiDict[str, str]
    body: bytes
    correlation_id: UUID
    traceparent: str

    @property
    def continues_a_trace(self) -> bool:
        """Whether the caller named a trace; otherwise `traceparent` was made here."""
        return self.headers.get("traceparent") == self.traceparent

    @property
    def language(self) -> Language:
        """What the caller reads best."""
        return preferred(self.headers.get("Accept-Language"))


def correlation_id(headers: Headers) -> UUID:
    """`X-Correlation-Id`, a new one when absent. Raises Malformed when it is no UUID."""
    text = headers.get("X-Correlation-Id")
    if text is None:
        return uuid4()
    try:
        return UUID(text)
    except ValueError:
        raise Malformed("X-Correlation-Id must be a UUID") from None


def traceparent(headers: Headers) -> str:
    """The caller's W3C trace context; a new trace when there is none or it is unusable, as the standard says."""
    text = headers.get("traceparent", "")
    return text if traces.is_context(text) else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def idempotency_key(headers: Headers) -> str:
    """Raises IdempotencyKeyMissing, IdempotencyKeyUnusable (1 to 200 printable ASCII characters)."""
    key = headers.get("Idempotency-Key")
    if key is None:
        raise IdempotencyKeyMissing("send an Idempotency-Key of your own making, and the same one when you repeat")
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyUnusable(
            "an Idempotency-Key has 1 to {limit} printable ASCII characters", limit=LONGEST_KEY
        )
    return key


def expected_version(headers: Headers) -> int | None:
    """The version in `If-Match: "7"` or in the ETag of a read, None without the header. Raises IfMatchUnusable."""
    text = headers.get("If-Match")
    if text is None:
        return None
    match = TAGGED_VERSION.fullmatch(text.strip())
    if match is None:
        raise IfMatchUnusable('If-Match holds the ETag of a read, or one version in quotes: If-Match: "7"')
    return int(match[1])
