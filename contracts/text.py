"""Text as it may enter: NFC, no control or invisible characters, bounded length.

Decomposed Vietnamese is no error, it is composed. What cannot be shown or stored is refused: control characters,
lone surrogates, zero-width and bidirectional marks, U+0000.
"""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

FORBIDDEN_CHARACTER: Final = "forbidden_character"
"""What pydantic calls it among its own kinds of errors."""

ALLOWED_IN_PARAGRAPHS = frozenset("\n\t")


def normalised(value: str) -> str:
    """The NFC form of a single line. Raises ValueError naming the first character that is refused and its place."""
    return _checked(value, allowed=frozenset())


def normalised_paragraphs(value: str) -> str:
    """Like `normalised`, but line feeds and tabs may stand in it."""
    return _checked(value, allowed=ALLOWED_IN_PARAGRAPHS)


def _checked(value: str, allowed: frozenset[str]) -> str:
    composed = unicodedata.normalize("NFC", value)
    if composed.isascii() and composed.isprintable():
        return composed
    for place, character in enumerate(composed):
        category = unicodedata.category(character)
        if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and character not in allowed:
            raise PydanticCustomError(
                FORBIDDEN_CHARACTER,
                "character {character} at place {place} may not stand in text",
                {"character": f"U+{ord(character):04X}", "place": place + 1},
            )
    return composed


Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(normalised)]
"""One line of text a person wrote: a name, an address, a number of a paper."""

Paragraphs = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(normalised_paragraphs)]
"""Some paragraphs a person wrote: a reason, minutes."""

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
"""A lower-case code of ours: an agency, an area, a category."""

ClauseId = Annotated[str, Field(pattern=r"^[A-Z]{2}-[0-9A-Za-z.]{1,12}$")]
"""A clause of an instrument: HD-2.1d3."""

ProvisionRef = Annotated[str, Field(min_length=2, max_length=80, pattern=r"^[^\s].*[^\s]$"), AfterValidator(normalised)]
"""A provision that was breached: a clause id, or an outside instrument with its article where known: `ND 97/2008`."""

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""A calendar month: 2026-10."""

Role = Annotated[str, Field(pattern=r"^[A-Z]$")]
"""How a holder is bound: L leads, C cooperates, A advises … (law/clauses.py)."""
