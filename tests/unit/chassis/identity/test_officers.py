"""Officers' tokens: what opens, and each way in which one does not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.identity import refusals
from chassis.identity.officers import AUDIENCE, LOCAL_ISSUER, Officers, issue_token
from chassis.identity.principal import officer
from chassis.settings import CannotStart
from contracts.refusals import NotAuthenticated


def pem(key: Any) -> bytes:
    return key.private_bytes(  # type: ignore[no-any-return]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(  # type: ignore[no-any-return]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


KEY = Ed25519PrivateKey.generate()
PRIVATE, PUBLIC = pem(KEY), public_pem(KEY)
OFFICERS = Officers.from_pem(PUBLIC)


def token(**given: Any) -> str:
    return issue_token(PRIVATE, **{"agency": "dic", "role": "officer", "subject": "le-van-a"} | given)


def claims(**changed: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    usual = {"sub": "le-van-a", "agency": "dic", "role": "officer", "iss": LOCAL_ISSUER, "aud": AUDIENCE}
    return usual | {"iat": now, "exp": now + timedelta(minutes=5)} | changed


def signed(algorithm: str = "EdDSA", key: Any = PRIVATE, **changed: Any) -> str:
    present = {name: value for name, value in claims(**changed).items() if value is not ...}
    return jwt.encode(present, key, algorithm=algorithm)


def test_a_token_of_the_issuer_tells_who_it_is() -> None:
    assert OFFICERS.verify(token(area="ninh-giang")) == officer("dic", "le-van-a", "officer", "ninh-giang")
    assert OFFICERS.verify(token()).name == "officer:dic:le-van-a"


def test_a_p256_issuer_works_as_well() -> None:
    key = generate_private_key(SECP256R1())
    assert Officers.from_pem(public_pem(key)).verify(signed("ES256", pem(key))).agency == "dic"


def by_hand(header: dict[str, str], payload: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload)]
    return ".".join([*parts, ""])


def unsigned() -> str:
    now = int(datetime.now(UTC).timestamp())
    return by_hand({"alg": "none", "typ": "JWT"}, claims(iat=now, exp=now + 60))


def confused() -> str:
    """Signed with the public key as if it were a shared secret: the confusion of RS256 and HS256."""
    import hashlib
    import hmac

    now = int(datetime.now(UTC).timestamp())
    text = by_hand({"alg": "HS256", "typ": "JWT"}, claims(iat=now, exp=now + 60)).rstrip(".")
    mac = base64.urlsafe_b64encode(hmac.digest(PUBLIC, text.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return f"{text}.{mac}"


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (lambda: token(now=LONG_AGO), refusals.TokenExpired),
        (lambda: token(now=datetime.now(UTC) + timedelta(minutes=5)), refusals.TokenExpired),
        (lambda: token(lifetime=timedelta(minutes=11)), refusals.TokenTooLong),
        (lambda: token(issuer="somebody"), refusals.ForeignIssuer),
        (lambda: token(audience="other"), refusals.ForeignAudience),
        (lambda: signed(aud=[AUDIENCE, "other"]), refusals.ForeignAudience),
        (lambda: signed(key=pem(Ed25519PrivateKey.generate())), refusals.SignatureRefused),
        (unsigned, refusals.SignatureRefused),
        (confused, refusals.SignatureRefused),
        (lambda: signed("ES256", pem(generate_private_key(SECP256R1()))), refusals.SignatureRefused),
        (lambda: signed(agency=...), refusals.ClaimsIncomplete),
        (lambda: signed(exp=...), refusals.ClaimsIncomplete),
        (lambda: signed(sub="lê văn a"), refusals.ClaimsIncomplete),
        (lambda: signed(sub="a:b"), refusals.ClaimsIncomplete),
        (lambda: signed(role=["officer"]), refusals.ClaimsIncomplete),
        (lambda: signed(area=7), refusals.ClaimsIncomplete),
        (lambda: "not.a.token", refusals.CredentialUnreadable),
        (lambda: "", refusals.CredentialUnreadable),
    ],
)
def test_each_unusable_token_is_refused_with_a_code_of_its_own(made: Any, refusal: type[NotAuthenticated]) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        OFFICERS.verify(made())
    assert type(caught.value) is refusal
    assert caught.value.status == 401


def test_a_key_of_another_kind_does_not_start() -> None:
    with pytest.raises(CannotStart):
        Officers.from_pem(b"nothing")
