"""The byte layout of digests and of the chain, against bytes written by hand."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest

from chassis.store.digest import FIRST_HASH, chain_hash, event_digest, microseconds, request_digest, stored_text
from contracts.envelope import Command

EVENT_ID = UUID("00112233-4455-6677-8899-aabbccddeeff")
STREAM_ID = UUID("ffeeddcc-bbaa-9988-7766-554433221100")
OCCURRED = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
RECORDED = datetime(2001, 9, 9, 1, 46, 40, 5, tzinfo=UTC)  # 1,000,000,000.000005 s

GOLDEN_EVENT = bytes.fromhex(
    "00000010 00112233445566778899aabbccddeeff"
    "00000010 ffeeddccbbaa99887766554433221100"
    "00000008 0000000000000003"
    "00000003 612e62"  # a.b
    "00000008 0000000000000002"
    "0000000b 7b226e223a22c490227d 0a"  # {"n":"Đ"} and a line feed: bytes are hashed as they are
    "00000002 7b7d"
    "00000008 00000000000f4240"
    "00000008 00038d7ea4c68005"
)
GOLDEN_LINK = bytes.fromhex(
    "00" * 32
    + "0000000000000001"  # epoch
    + "0000000000000007"  # position
    + "000000000000000b"  # partition
    + "0000000000000005"  # prev
    + "00038d7ea4c68005"  # sequenced_at
    + "00112233445566778899aabbccddeeff"
    + "ab" * 32
)


def test_an_event_s_digest_is_over_nine_fields_with_their_lengths() -> None:
    found = event_digest(EVENT_ID, STREAM_ID, 3, "a.b", 2, '{"n":"Đ"}\n'.encode(), b"{}", OCCURRED, RECORDED)
    assert found == sha256(GOLDEN_EVENT).digest()


def test_the_chain_goes_on_from_the_hash_before() -> None:
    found = chain_hash(FIRST_HASH, 1, 7, 11, 5, microseconds(RECORDED), EVENT_ID.bytes, b"\xab" * 32)
    assert found == sha256(GOLDEN_LINK).digest()


def test_times_are_the_same_instant_in_any_zone_and_before_1970_too() -> None:
    assert microseconds(OCCURRED.astimezone(timezone(timedelta(hours=7)))) == 1_000_000
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    with pytest.raises(TypeError):
        microseconds(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("text", ['"\0"', '"\\u0000"', '"\\ud800"', '"\\uDFFF"', '"\ud800"', '"\\\\\\u0000"'])
def test_what_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"U\+0000|cannot be stored|surrogate"):
        stored_text(text)


@pytest.mark.parametrize("text", ['"\\\\u0000"', '"Đường"', '"\\u0001"', '"\\n"', '"😀"'])
def test_what_can_be_stored_is_not(text: str) -> None:
    assert stored_text(text) == text.encode()


def test_a_request_is_its_type_and_its_body() -> None:
    class Ask(Command, type="toy.ask", version=1):
        text: str

    assert request_digest(Ask(text="Đ")) == sha256(b'toy.ask\n{"text":"\xc4\x90"}').digest()
