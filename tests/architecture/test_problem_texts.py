"""Every no is said in both languages: nothing is missing in `contracts/problems/`, nothing is left over."""

import ast
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from cli.generate.problems import SAID_IN
from contracts.problem_texts import LANGUAGES, ProblemText, problem_texts, words
from services.inspection.domain import inspection, programme
from tests.architecture.tracked import python, tree

IMPORTED_AS = {"NoBasisRefusal": "NoBasis", "NotInForceRefusal": "NotInForce"}
SAYS_OTHERWISE = Path("services/notify/domain/signature.py")
"""Its SignatureRefused is no refusal of ours: the receiving side of a webhook."""


class Kind(NamedTuple):
    """A class line of a refusal."""

    name: str
    code: str
    status: int
    title: str


def calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield IMPORTED_AS.get(name, name), node


def declared() -> Iterator[tuple[Path, Kind]]:
    for file in python("contracts", "chassis", "services"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                given = {word.arg: word.value for word in node.keywords}
                if "code" in given:
                    code, status, title = (ast.literal_eval(given[name]) for name in ("code", "status", "title"))
                    yield file, Kind(node.name, code, status, title)


def kinds() -> list[Kind]:
    return [kind for _, kind in declared()]


def sentences() -> dict[str, str]:
    """Every sentence of the code, and where it stands."""
    names, found = {kind.name for kind in kinds()} | {"Said"}, {}
    for file in python("contracts", "chassis", "services"):
        if file == SAYS_OTHERWISE:
            continue
        for name, call in calls(file):
            first = call.args[0]
            if name in names and isinstance(first, ast.Constant):
                found[first.value] = f"{file}:{call.lineno}"
    return found


def test_a_refusal_is_a_plain_sentence_or_comes_in_both_languages() -> None:
    """An f-string could be said in one language only."""
    names = {kind.name for kind in kinds()} | {"Said"}
    wrong = [
        f"{file}:{call.lineno}"
        for file in python("contracts", "chassis", "services")
        if file != SAYS_OTHERWISE
        for name, call in calls(file)
        if name in names and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


def test_every_code_has_its_texts_and_no_text_is_without_code() -> None:
    assert {kind.code for kind in kinds()} == set(problem_texts())


def test_the_document_names_every_place_where_a_refusal_is_declared() -> None:
    declaring = {".".join(file.with_suffix("").parts) for file, _ in declared()}
    assert declaring == {*SAID_IN, "contracts.refusals"}


def test_one_code_says_one_thing_whoever_says_it() -> None:
    said = {(kind.code, kind.status, kind.title) for kind in kinds()}
    assert len(said) == len({code for code, _, _ in said})


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    known = {english for text in problem_texts().values() for english in text.sentences}
    found = sentences()
    assert {english: place for english, place in found.items() if english not in known} == {}
    assert known - found.keys() == set()


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("text", problem_texts().values(), ids=lambda text: text.code)
def test_both_languages_say_the_same_values(text: ProblemText) -> None:
    for english, vietnamese in text.sentences.items():
        assert names_in(english) == names_in(vietnamese), english
    for language in LANGUAGES:
        assert text.meaning[language].endswith(".")
        assert text.todo[language].endswith(".")


def test_the_vietnamese_is_composed() -> None:
    for file in Path("contracts/problems").glob("*.toml"):
        assert unicodedata.is_normalized("NFC", file.read_text("utf-8")), file


def test_a_stage_has_a_word_in_vietnamese() -> None:
    assert set(words()["stage"]) == {*inspection.Stage, *programme.Stage}
    assert set(words()["answer"]) == set(inspection.Answer) - {inspection.Answer.PENDING}
