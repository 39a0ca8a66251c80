"""Signatures of Standard Webhooks 1.0.0: `v1` (HMAC-SHA256) and `v1a` (Ed25519), one for every key that is valid now.

What is signed is `<webhook-id>.<webhook-timestamp>.<body>`. The Ed25519 key itself comes in from outside as an object
that signs, so that this file needs nothing but the standard library.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Scheme = Literal["v1", "v1a"]

TOLERANCE_S = 300
"""How far a receiver lets the timestamp be from its own clock, in both directions."""

SECRET_PREFIX = "whsec_"
PUBLIC_KEY_PREFIX = "whpk_"


class SignatureRefused(ValueError):
    """The headers do not prove that the message is from us; the text says why."""


class SigningKey(Protocol):
    """One key, able to sign."""

    @property
    def scheme(self) -> Scheme: ...

    def sign(self, content: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class HmacKey:
    """A shared secret: 24 to 64 bytes."""

    secret: bytes = field(repr=False)
    scheme: Scheme = field(default="v1", init=False)

    def __post_init__(self) -> None:
        if not 24 <= len(self.secret) <= 64:
            raise ValueError(f"a webhook secret has 24 to 64 bytes, not {len(self.secret)}")

    @classmethod
    def from_text(cls, text: str) -> "HmacKey":
        """Reads `whsec_<base64>`. Raises ValueError."""
        return cls(base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True))

    def text(self) -> str:
        return SECRET_PREFIX + base64.b64encode(self.secret).decode()

    def sign(self, content: bytes) -> bytes:
        return hmac.digest(self.secret, content, "sha256")

    def verifies(self, signature: bytes, content: bytes) -> bool:
        return hmac.compare_digest(signature, self.sign(content))


def signed_content(message_id: str, timestamp: int, body: bytes) -> bytes:
    """Raises ValueError for an id with a full stop: it would let one message pass for another."""
    if "." in message_id or not message_id.isascii() or not message_id.isprintable() or not message_id:
        raise ValueError("a webhook id is printable ASCII without a full stop")
    return b"%s.%d.%s" % (message_id.encode(), timestamp, body)


def signature_headers(
    message_id: str, sent_at: datetime, body: bytes, keys: Sequence[SigningKey]
) -> tuple[tuple[str, str], ...]:
    """The three headers of one attempt. `sent_at` is aware. Raises ValueError without a key or for a naive time."""
    if not keys:
        raise ValueError("a message without a signature is not sent")
    if sent_at.tzinfo is None:
        raise ValueError("the moment of sending must be aware of its time zone")
    timestamp = int(sent_at.timestamp())
    content = signed_content(message_id, timestamp, body)
    signatures = (f"{key.scheme},{base64.b64encode(key.sign(content)).decode()}" for key in keys)
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(signatures)),
    )


def verify(
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    verifiers: Iterable[tuple[Scheme, Callable[[bytes, bytes], bool]]],
) -> str:
    """The webhook id of a message one of whose signatures holds; a verifier takes (signature, content).

    Header names in lower case. Raises SignatureRefused.
    """
    try:
        message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        entries = headers["webhook-signature"].split(" ")
    except KeyError as missing:
        raise SignatureRefused(f"header {missing.args[0]} is missing") from None
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise SignatureRefused("the timestamp is no whole number of seconds")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        raise SignatureRefused("the timestamp is too far from now")
    try:
        content = signed_content(message_id, int(stamp), body)
    except ValueError as error:
        raise SignatureRefused(str(error)) from None
    given = list(_parsed(entries))
    for scheme, verifies in verifiers:
        if any(theirs == scheme and verifies(signature, content) for theirs, signature in given):
            return message_id
    raise SignatureRefused("no signature holds")


def _parsed(entries: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    for entry in entries:
        scheme, comma, text = entry.partition(",")
        if not comma:
            raise SignatureRefused("a signature is written as <scheme>,<base64>")
        try:
            yield scheme, base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise SignatureRefused("a signature is no base64") from None
