"""Companies show an API key: `phk_<8 id>_<43 secret><6 checksum>`, kept only as HMAC-SHA256 under a pepper.

The checksum lets secret scanners and typing errors be told from attacks without a look into the database. The secret
derives from the command that asked for it, so that a repeated command answers the same key and no table holds it.
"""

import hmac
import re
from dataclasses import dataclass, field
from uuid import UUID
from zlib import crc32

from chassis.identity.principal import Principal, company
from chassis.identity.refusals import CredentialUnreadable, KeyRevoked, KeyUnknown
from contracts.sql import Cursor

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SHAPE = re.compile(r"phk_(?P<id>[0-9A-Za-z]{8})_(?P<secret>[0-9A-Za-z]{43})(?P<checksum>[0-9A-Za-z]{6})")
PREFIX = "phk_"

FIND = "select verifier, company_id, revoked_at is not null from api_key where key_id = %s"
"""The table is filled by each service's own projection; `verifier` is the hex text of the event."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """`text` goes to the company once; `key_id` and `verifier` (hex) into the event."""

    key_id: str
    text: str = field(repr=False)
    verifier: str


def new_key(pepper: bytes, command_id: UUID) -> NewKey:
    """The key that the command `command_id` brings about; the same again for the same command."""
    key_id = _base62(_hmac(pepper, b"api-key/id/" + command_id.bytes), 8)
    secret = _base62(_hmac(pepper, b"api-key/secret/" + command_id.bytes), 43)
    body = f"{PREFIX}{key_id}_{secret}"
    text = body + _checksum(body)
    return NewKey(key_id, text, verifier(pepper, text))


def verifier(pepper: bytes, text: str) -> str:
    """What is kept of a key: HMAC-SHA256 under the pepper, hex. `pepper` as it stands in its file (hex text)."""
    return _hmac(pepper, text.encode()).hex()


def verify(pepper: bytes, text: str, cursor: Cursor) -> Principal:
    """The company that holds the key. Raises CredentialUnreadable (before any look-up), KeyUnknown, KeyRevoked."""
    key_id = checked_id(text)
    cursor.execute(FIND, (key_id,))
    row = cursor.fetchone()
    known = str(row[0]) if row else "0" * 64
    if not hmac.compare_digest(known, verifier(pepper, text)) or row is None:
        raise KeyUnknown("no company holds this key")
    if row[2]:
        raise KeyRevoked("this key was taken back; ask for a new one")
    return company(row[1] if isinstance(row[1], UUID) else UUID(str(row[1])))


def checked_id(text: str) -> str:
    """The public id of a well-formed key. Raises CredentialUnreadable when its shape or checksum is wrong."""
    match = SHAPE.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-6]), match["checksum"]):
        raise CredentialUnreadable("this is no key of ours: its shape or its checksum is wrong")
    return match["id"]


def _hmac(pepper: bytes, message: bytes) -> bytes:
    return hmac.digest(pepper, message, "sha256")


def _base62(digest: bytes, length: int) -> str:
    number, found = int.from_bytes(digest, "big"), []
    for _ in range(length):
        number, place = divmod(number, 62)
        found.append(ALPHABET[place])
    return "".join(found)


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode()).to_bytes(4, "big"), 6)
