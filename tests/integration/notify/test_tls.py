"""TLS as endpoints get it wrong: each failure has its name, and there is no second, insecure try."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.notify.domain.addresses import AddressPolicy
from services.notify.sender.http_sender import HttpSender
from services.notify.sender.port import Fault, Outcome, Post
from tests.conformance.sender.endpoint_server import serving

POLICY = AddressPolicy(allow_loopback=True)
DEADLINE_S = 0.5
SLACK_S = 10
"""The machine's, not the sender's: without a deadline each of these would take much longer, or for ever."""


def attempt(url: str, sender: HttpSender) -> Outcome:
    return sender.send(Post(url, (("webhook-id", "4f1e"),), b"{}"))


def server_tls(folder: Path, name: str, valid: timedelta = timedelta(days=1)) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a certificate of its own making for `name`, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    trusted = certificate.public_bytes(Encoding.PEM)
    file.write_bytes(trusted + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "trusted.pem").write_bytes(trusted)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, folder / "trusted.pem"


def attempt_tls(context: ssl.SSLContext, trusted: Path | None, name: str = "hooks.example.vn") -> tuple[Outcome, int]:
    with serving({"/hook": lambda connection: connection.answer(200)}, tls=context) as server:
        tls = ssl.create_default_context(cafile=trusted) if trusted else None
        sender = HttpSender(POLICY, lambda *_asked: ("127.0.0.1",), DEADLINE_S, tls)
        outcome = attempt(f"https://{name}:{server.port}/hook", sender)
        return outcome, len(server.received)


@pytest.mark.fault("F46")
def test_tls_checks_the_name_though_the_address_is_connected_to(tmp_path: Path) -> None:
    context, trusted = server_tls(tmp_path, "hooks.example.vn")
    assert attempt_tls(context, trusted)[0].received
    outcome, received = attempt_tls(context, trusted, "other.example.vn")
    assert "Hostname mismatch" in (outcome.error or "")
    assert received == 0


@pytest.mark.fault("F46")
def test_an_unknown_and_an_expired_certificate_are_refused_by_name(tmp_path: Path) -> None:
    context, _ = server_tls(tmp_path, "hooks.example.vn")
    outcome, received = attempt_tls(context, None)
    assert "self-signed certificate" in (outcome.error or "")
    assert received == 0
    expired, trusted = server_tls(tmp_path, "hooks.example.vn", valid=timedelta(days=-1))
    outcome, received = attempt_tls(expired, trusted)
    assert "expired" in (outcome.error or "")
    assert received == 0


@pytest.mark.fault("F46")
def test_a_handshake_that_hangs_ends_at_the_deadline() -> None:
    with serving(reads=False) as server:
        sender = HttpSender(POLICY, lambda *_asked: ("127.0.0.1",), DEADLINE_S)
        started = time.monotonic()
        outcome = attempt(f"https://hooks.example.vn:{server.port}/", sender)
        assert time.monotonic() - started < DEADLINE_S + SLACK_S
        assert outcome.fault == Fault.THEIRS
