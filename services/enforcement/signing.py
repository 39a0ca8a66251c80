"""The DIC's signature on an order document: detached Ed25519, because a transport signature lasts five minutes."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


@dataclass(frozen=True)
class Signed:
    signature: str
    """Base64 of the 64 bytes."""
    key_id: str
    """The first 16 hex digits of the SHA-256 of the raw public key."""


class OrderSigner:
    """Signs with a private key in PEM. Raises ValueError when it is none, or not Ed25519."""

    def __init__(self, pem: bytes) -> None:
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it holds no Ed25519 key")
        self._key = key
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(public).hexdigest()[:16]

    def sign(self, document: str) -> Signed:
        return Signed(base64.b64encode(self._key.sign(document.encode())).decode(), self.key_id)
