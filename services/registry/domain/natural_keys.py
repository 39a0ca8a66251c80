"""Ids that follow from what a thing is called on paper, so that a company's claim and the officer's confirmation meet.

Numbers of papers are compared without blanks, leading zeros (spreadsheets lose them) and regard to capitals; numbers
of lines also without dots, dashes and brackets; names and addresses with single blanks and without regard to capitals.
Accents count: "Hoa" and "Hoà" are two names.
"""

import unicodedata
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP

CERTIFICATE = "business-certificate"
CONTRACT = "agency-contract"
LINE = "line"
PROVIDER_CODE = "provider-code"
PROVIDER_NAME = "provider-name"


_PUNCTUATION_OF_LINES = str.maketrans("", "", ".-()")


def number_key(number: str) -> str:
    """`04d8 000 123`, `04D8000123` and `4D8000123` are one number."""
    plain = "".join(unicodedata.normalize("NFC", number).casefold().split())
    return plain.lstrip("0") or plain


def line_key(number: str) -> str:
    """`(0320) 3.812-345`, `03203812345` and `3203812345` are one line."""
    return number_key(number.translate(_PUNCTUATION_OF_LINES))


def text_key(text: str) -> str:
    """`Đại lý  INTERNET Hoa` and `đại lý internet hoa` are one name."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def slug(text: str) -> str:
    """A company's name as a code, accents dropped: `VNPT Hải Dương` → `vnpt-hai-duong`. Empty when nothing is left."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    return "-".join(words)[:64].rstrip("-")


def agent_id(scope: str, certificate: str | None, provider_code: str, name: str, address: str) -> UUID:
    """By the business certificate's number; without one by who reports it, its name and address."""
    if certificate is not None:
        return uuid5(PHOIHOP, f"agent/{scope}/{number_key(certificate)}")
    return uuid5(PHOIHOP, f"agent/{scope}/{provider_code}/{text_key(name)}/{text_key(address)}")


def contract_id(provider_id: UUID, number: str) -> UUID:
    return uuid5(PHOIHOP, f"contract/{provider_id}/{number_key(number)}")


def line_id(telecom_code: str, number: str) -> UUID:
    return uuid5(PHOIHOP, f"line/{telecom_code}/{line_key(number)}")
