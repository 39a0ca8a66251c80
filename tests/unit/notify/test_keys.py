"""Keys at rest open only in their own row and under their own key file."""

from uuid import uuid4

import pytest

from services.notify.keys import KeyPair, Seal, SealBroken

KEK = b"00112233445566778899aabbccddeeff" * 2


def test_a_sealed_pair_opens_again() -> None:
    pair, row = KeyPair.made_now(), uuid4()
    opened = Seal(KEK).open(Seal(KEK).close(pair, row), row)
    assert pair.hmac == opened.hmac
    assert pair.ed25519.public_text() == opened.ed25519.public_text()


def test_a_sealed_pair_shows_nothing_of_the_secret() -> None:
    pair, row = KeyPair.made_now(), uuid4()
    assert pair.hmac.secret not in Seal(KEK).close(pair, row)
    assert pair.hmac.text() not in repr(pair)


def test_a_row_copied_over_another_does_not_open() -> None:
    sealed = Seal(KEK).close(KeyPair.made_now(), uuid4())
    with pytest.raises(SealBroken):
        Seal(KEK).open(sealed, uuid4())


def test_another_key_file_opens_nothing() -> None:
    row = uuid4()
    sealed = Seal(KEK).close(KeyPair.made_now(), row)
    with pytest.raises(SealBroken):
        Seal(b"ff" * 32).open(sealed, row)


@pytest.mark.parametrize("place", [1, 13, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    row = uuid4()
    sealed = bytearray(Seal(KEK).close(KeyPair.made_now(), row))
    sealed[place] ^= 1
    with pytest.raises(SealBroken):
        Seal(KEK).open(bytes(sealed), row)


def test_a_short_key_file_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="not 32"):
        Seal(b"00ff")
