"""Signatures agree with the published library, letter by letter, and nothing else passes."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notify.domain.signature import (
    HmacKey,
    SignatureRefused,
    signature_headers,
    signed_content,
    verify,
)
from services.notify.keys import Ed25519Key, KeyPair

BODY = '{"data":{"name":"Đại lý Internet Thành Đông"}}'.encode()
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def headers_of(message_id: str, moment: datetime, body: bytes, *keys: HmacKey | Ed25519Key) -> dict[str, str]:
    return dict(signature_headers(message_id, moment, body, keys))


def test_the_vector_of_the_specification_holds() -> None:
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}', HmacKey.from_text(SECRET))
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert expected == headers["webhook-signature"]


def test_the_published_library_makes_the_same_signature() -> None:
    headers = headers_of("4f1e", NOW, BODY, HmacKey.from_text(SECRET))
    assert Webhook(SECRET).sign("4f1e", NOW, BODY.decode()) == headers["webhook-signature"]


def test_the_published_library_accepts_each_of_several_keys() -> None:
    old, new = KeyPair.made_now(), KeyPair.made_now()
    keys = [*new.signing_keys(), *old.signing_keys()]
    headers = dict(signature_headers("4f1e", datetime.now(UTC), BODY, keys))
    for pair in (old, new):
        assert json.loads(BODY) == Webhook(pair.hmac.text()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KeyPair.made_now().hmac.text()).verify(BODY, headers)


def test_the_asymmetric_signature_verifies_with_the_public_key_alone() -> None:
    pair = KeyPair.made_now()
    headers = dict(signature_headers("4f1e", NOW, BODY, pair.signing_keys()))
    public: Ed25519PublicKey = pair.ed25519.private.public_key()

    def verifies(signature: bytes, content: bytes) -> bool:
        try:
            public.verify(signature, content)
        except Exception:
            return False
        return True

    assert verify(headers, BODY, NOW, [("v1a", verifies)]) == "4f1e"
    with pytest.raises(SignatureRefused, match="no signature holds"):
        verify(headers, BODY + b" ", NOW, [("v1a", verifies)])


def test_the_first_vector_of_rfc_8032_holds() -> None:
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = Ed25519Key(Ed25519PrivateKey.from_private_bytes(private))
    assert key.public_text() == "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    expected = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert expected == key.sign(b"").hex()


def test_what_is_signed_is_id_timestamp_and_body() -> None:
    assert signed_content("4f1e", 1614265330, b"{}") == b"4f1e.1614265330.{}"


@pytest.mark.parametrize("off", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1), timedelta(days=1)])
def test_a_timestamp_far_from_now_is_refused(off: timedelta) -> None:
    key = HmacKey.from_text(SECRET)
    headers = headers_of("4f1e", NOW + off, BODY, key)
    with pytest.raises(SignatureRefused, match="too far from now"):
        verify(headers, BODY, NOW, [("v1", key.verifies)])


def test_local_times_give_the_same_timestamp() -> None:
    local = NOW.astimezone(datetime.fromisoformat("2026-11-20T15:30:00+07:00").tzinfo)
    key = HmacKey.from_text(SECRET)
    assert headers_of("4f1e", NOW, BODY, key) == headers_of("4f1e", local, BODY, key)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "१६१४२६५३३०"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-signature", "v1"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1,****"),
        ("webhook-signature", "v2,AAAA"),
        ("webhook-id", "a.b"),
        ("webhook-id", ""),
    ],
)
def test_a_strange_header_is_refused(name: str, value: str) -> None:
    key = HmacKey.from_text(SECRET)
    headers = headers_of("4f1e", NOW, BODY, key) | {name: value}
    with pytest.raises(SignatureRefused):
        verify(headers, BODY, NOW, [("v1", key.verifies)])


def test_a_missing_header_is_named() -> None:
    with pytest.raises(SignatureRefused, match="webhook-timestamp is missing"):
        verify({"webhook-id": "4f1e"}, BODY, NOW, [])


def test_nothing_is_sent_unsigned_or_with_a_naive_time() -> None:
    with pytest.raises(ValueError, match="without a signature"):
        signature_headers("4f1e", NOW, BODY, [])
    with pytest.raises(ValueError, match="aware"):
        signature_headers("4f1e", NOW.replace(tzinfo=None), BODY, [HmacKey.from_text(SECRET)])


@pytest.mark.parametrize("size", [0, 23, 65])
def test_a_secret_of_the_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        HmacKey(bytes(size))
