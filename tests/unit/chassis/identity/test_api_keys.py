"""Companies' API keys."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.identity import api_keys
from chassis.identity.principal import company
from chassis.identity.refusals import CredentialUnreadable, KeyRevoked, KeyUnknown

PEPPER = b"00112233445566778899aabbccddeeff"
COMPANY = uuid4()


class Rows:
    """The one table a key is looked up in."""

    def __init__(self, *rows: tuple[str, str, UUID, bool]) -> None:
        self.rows = {key_id: rest for key_id, *rest in rows}
        self.asked: list[str] = []
        self.found: Any = None

    def execute(self, sql: str, parameters: Any = None, /) -> None:
        self.asked.append(parameters[0])
        self.found = self.rows.get(parameters[0])

    def fetchone(self) -> Any:
        return self.found

    def fetchall(self) -> Any:
        raise NotImplementedError

    def execute_values(self, sql: str, rows: Any, /) -> None:
        raise NotImplementedError


def issued(revoked: bool = False) -> tuple[api_keys.NewKey, Rows]:
    made = api_keys.new_key(PEPPER, uuid4())
    return made, Rows((made.key_id, made.verifier, COMPANY, revoked))


def test_a_key_opens_for_its_company() -> None:
    made, rows = issued()
    assert api_keys.verify(PEPPER, made.text, rows) == company(COMPANY)


def test_a_key_has_the_announced_shape() -> None:
    made, _ = issued()
    assert re.fullmatch(r"phk_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", made.text)
    assert made.text.startswith(f"phk_{made.key_id}_")


def test_what_is_kept_of_a_key_does_not_hold_it() -> None:
    made, _ = issued()
    assert made.text[13:56] not in made.verifier
    assert made.text not in repr(made)


def test_the_same_command_makes_the_same_key_and_another_one_another() -> None:
    command = uuid4()
    assert api_keys.new_key(PEPPER, command) == api_keys.new_key(PEPPER, command)
    assert api_keys.new_key(PEPPER, command).text != api_keys.new_key(PEPPER, uuid4()).text
    assert api_keys.new_key(PEPPER, command).text != api_keys.new_key(b"other", command).text


def test_a_revoked_key_is_told_so() -> None:
    made, rows = issued(revoked=True)
    with pytest.raises(KeyRevoked):
        api_keys.verify(PEPPER, made.text, rows)


def test_a_well_formed_key_of_nobody_is_unknown() -> None:
    _, rows = issued()
    with pytest.raises(KeyUnknown):
        api_keys.verify(PEPPER, api_keys.new_key(PEPPER, uuid4()).text, rows)


def test_a_key_with_the_right_id_and_another_secret_is_unknown() -> None:
    made, rows = issued()
    forged = api_keys.new_key(b"another pepper", uuid4()).text
    body = f"phk_{made.key_id}_{forged[13:56]}"
    with pytest.raises(KeyUnknown):
        api_keys.verify(PEPPER, body + api_keys._checksum(body), rows)


@given(st.integers(0, 61), st.sampled_from("0aZ"))
def test_a_mistyped_key_is_told_without_asking_the_database(place: int, letter: str) -> None:
    made = api_keys.new_key(PEPPER, UUID(int=7))
    mistyped = made.text[:place] + letter + made.text[place + 1 :]
    rows = Rows()
    if mistyped == made.text:
        return
    with pytest.raises(CredentialUnreadable):
        api_keys.verify(PEPPER, mistyped, rows)
    assert rows.asked == []
