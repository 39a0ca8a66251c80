"""The keys the services work with, in a folder of their own (`PHOIHOP_SECRETS`), apart from the servers' passwords.

jwt-issuer.pem, .pub.pem      Ed25519: signs the officers' tokens of the local issuer
order-signing.pem, .pub.pem   Ed25519: DIC's, signs the order documents
api-key-pepper                32 bytes, hex: HMAC key of the companies' API keys
webhook-kek                   32 bytes, hex: wraps the webhook secrets at rest
"""

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.stack.state import StateFolder, write_private

PAIRS = ("jwt-issuer", "order-signing")
RANDOM = ("api-key-pepper", "webhook-kek")


def ensure_keys(state: StateFolder) -> Path:
    """Makes what is missing, mode 0600, and returns the folder. Existing keys stay: what they signed must verify."""
    folder = state.folder("keys", mode=0o700)
    for name in RANDOM:
        if not (folder / name).exists():
            write_private(folder / name, secrets.token_hex(32))
    for name in PAIRS:
        if not (folder / f"{name}.pub.pem").exists():
            _write_pair(folder, name)
    return folder


def _write_pair(folder: Path, name: str) -> None:
    """The public half last: it says that the pair is whole."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_private(folder / f"{name}.pem", private.decode())
    write_private(folder / f"{name}.pub.pem", public.decode())
