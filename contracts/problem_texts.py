"""What every problem means and what to do about it, in English and Vietnamese: `contracts/problems/*.toml`.

A table a code. `title` is Vietnamese (the English one stands in the class line), `en` and `vi` say what the code means,
`do.en` and `do.vi` what to do. `sentences` holds each English sentence of the code beside its Vietnamese; the names in
braces are the same in both. `words.toml` says in Vietnamese what is a code of ours in such a sentence (a stage, an
outcome), `reasons.toml` what pydantic finds wrong with a field.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final, Literal

Language = Literal["en", "vi"]
ENGLISH: Final = "en"
VIETNAMESE: Final = "vi"
LANGUAGES: tuple[Language, ...] = (ENGLISH, VIETNAMESE)
"""The first is for whoever names none."""

FOLDER = Path(__file__).parent / "problems"
WORDS, REASONS = "words", "reasons"
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
ANY = "any"
"""Among the reasons: one for every kind of error that has none of its own."""


@dataclass(frozen=True, slots=True)
class ProblemText:
    """One code. `place`: the file without its ending, which is the service that says it, or the part of the chassis."""

    code: str
    place: str
    title: str
    meaning: Mapping[Language, str]
    todo: Mapping[Language, str]
    sentences: Mapping[str, str]


@cache
def problem_texts() -> Mapping[str, ProblemText]:
    """Every code of the catalogue, in the order of its files. Raises ValueError when one stands twice."""
    found: dict[str, ProblemText] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        if file.stem in (WORDS, REASONS):
            continue
        for code, row in tomllib.loads(file.read_text("utf-8")).items():
            if code in found:
                raise ValueError(f"{code} stands in {file.stem} and in {found[code].place}")
            meaning: dict[Language, str] = {language: row[language] for language in LANGUAGES}
            todo: dict[Language, str] = {language: row["do"][language] for language in LANGUAGES}
            found[code] = ProblemText(code, file.stem, row["title"], meaning, todo, row.get("sentences", {}))
    return found


def text_of(code: str) -> ProblemText | None:
    """None for a code that only a test knows."""
    return problem_texts().get(code)


@cache
def _sentences() -> Mapping[str, str]:
    return {english: said for text in problem_texts().values() for english, said in text.sentences.items()}


def vietnamese(sentence: str) -> str | None:
    """The Vietnamese of an English sentence, both with their names in braces."""
    return _sentences().get(sentence)


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """By the name in braces: the Vietnamese of each value."""
    return tomllib.loads((FOLDER / f"{WORDS}.toml").read_text("utf-8"))


@cache
def reasons() -> Mapping[str, str]:
    """By pydantic's kind of error: what is wrong with a field, in Vietnamese."""
    return tomllib.loads((FOLDER / f"{REASONS}.toml").read_text("utf-8"))


def filled(template: str, values: Mapping[str, Any], language: Language) -> str:
    """The sentence with its values, lists joined by commas; in Vietnamese with words for our own codes, and days as
    people write them there.
    """
    if language == VIETNAMESE:
        known = words()
        values = {name: _in_vietnamese(value, known.get(name, {})) for name, value in values.items()}
    ready = {name: _one(value) for name, value in values.items()}
    return Formatter().vformat(template, (), ready)


def _one(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _in_vietnamese(value: Any, known: Mapping[str, str]) -> Any:
    match value:
        case list() | tuple():
            return [_in_vietnamese(one, known) for one in value]
        case str() if day := DAY.fullmatch(value):
            return "/".join(reversed(day.groups()))
        case str():
            return known.get(value, value)
        case date() if not isinstance(value, datetime):
            return f"{value:%d/%m/%Y}"
        case _:
            return value
