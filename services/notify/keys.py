"""Signing keys of endpoints: how they are made, and how they rest in the database.

At rest a key is sealed with AES-256-GCM under the key file `webhook-kek`, bound to its table and row, so that a row
copied over another one does not open. Sealed form: version byte 1, 12 bytes nonce, ciphertext with tag.
"""

import base64
import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.notify.domain.signature import PUBLIC_KEY_PREFIX, HmacKey, Scheme, SigningKey

TABLE = "endpoint_secret"
VERSION = b"\x01"
NONCE_BYTES = 12
SECRET_BYTES = 32


class SealBroken(Exception):
    """A sealed key does not open: the wrong key file, or a row that was moved or changed."""


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    private: Ed25519PrivateKey = field(repr=False)
    scheme: Scheme = field(default="v1a", init=False)

    def sign(self, content: bytes) -> bytes:
        return self.private.sign(content)

    def public_text(self) -> str:
        """`whpk_<base64>`, for the company to verify `v1a` with."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return PUBLIC_KEY_PREFIX + base64.b64encode(raw).decode()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What one registration or rotation makes: a shared secret and a signing key, both valid as long as the row."""

    hmac: HmacKey
    ed25519: Ed25519Key

    @classmethod
    def made_now(cls) -> "KeyPair":
        return cls(HmacKey(os.urandom(SECRET_BYTES)), Ed25519Key(Ed25519PrivateKey.generate()))

    def signing_keys(self) -> tuple[SigningKey, ...]:
        return (self.hmac, self.ed25519)


class Seal:
    """Opens and closes key pairs. Raises ValueError when the key file does not hold 32 bytes in hex."""

    def __init__(self, kek_hex: bytes) -> None:
        key = bytes.fromhex(kek_hex.decode("ascii").strip())
        if len(key) != 32:
            raise ValueError(f"webhook-kek holds {len(key)} bytes, not 32")
        self._cipher = AESGCM(key)

    def close(self, pair: KeyPair, row: UUID) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        plain = pair.ed25519.private.private_bytes_raw() + pair.hmac.secret
        return VERSION + nonce + self._cipher.encrypt(nonce, plain, _bound_to(row))

    def open(self, sealed: bytes, row: UUID) -> KeyPair:
        """Raises SealBroken."""
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            plain = self._cipher.decrypt(nonce, ciphertext, _bound_to(row))
        except (InvalidTag, ValueError):
            raise SealBroken(f"the key of row {row} does not open") from None
        return KeyPair(HmacKey(plain[32:]), Ed25519Key(Ed25519PrivateKey.from_private_bytes(plain[:32])))


def _bound_to(row: UUID) -> bytes:
    return f"{TABLE}/{row}".encode()
