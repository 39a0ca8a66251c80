"""Documents of a kind have the shape of their kind."""

import re
from pathlib import Path

import pytest

from contracts.topics import SERVICES
from tests.architecture.test_words import SYNONYMS
from tests.architecture.tracked import ROOT, files, text
from tests.docs.reading import documents

DECISIONS = [file for file in documents() if file.parts[:2] == ("docs", "adr")]
GLOSSARY = Path("docs/glossary.md")


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.stem)
def test_a_decision_says_what_was_rejected_and_what_it_costs(file: Path) -> None:
    assert re.findall(r"^\*\*(\w+)\.\*\*", text(file), re.MULTILINE) == ["Context", "Decision", "Rejected", "Cost"]
    number = int(file.name.split("-")[0])
    assert re.match(rf"# {number}\. \S", text(file))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(file.name.split("-")[0]) for file in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_changelog_keeps_an_unreleased_head() -> None:
    heads = re.findall(r"^## (.*)$", text(Path("CHANGELOG.md")), re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert re.search(r"^## Unreleased\n\n- \S", text(Path("CHANGELOG.md")), re.MULTILINE)


def rows(heading: str, columns: int) -> list[list[str]]:
    section = text(GLOSSARY).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    assert all(len(row) == columns for row in table)
    return table[2:]


def test_one_thing_has_one_word_in_two_languages() -> None:
    field, machinery = rows("The field", 3), rows("The machinery", 3)
    words = [word for row in (*field, *machinery) for word in row[0].split(", ")]
    assert len(words) > 40
    assert sorted(words) == sorted(set(words))
    assert all(all(row) for row in (*field, *machinery))


def test_words_the_glossary_refuses_stand_in_no_document() -> None:
    for file in documents():
        if file != GLOSSARY:
            assert not SYNONYMS.search(text(file)), file
    for refused in (r"\bdead letters?\b", r"\bsagas?\b"):
        assert SYNONYMS.search(re.sub(r"\\b|\?", "", refused)), "the rule refuses what it should"


@pytest.mark.parametrize("folder", [*(f"services/{service}" for service in SERVICES), "chassis", "law", "deploy/local"])
def test_what_a_newcomer_opens_has_a_readme(folder: str) -> None:
    readme = Path(folder, "README.md")
    assert readme in files()
    assert text(readme).startswith("# ")


def test_a_document_begins_with_its_title_and_has_one() -> None:
    for file in documents():
        assert text(file).startswith("# "), file
        assert text(file).endswith("\n"), file
        assert not text(file).endswith("\n\n"), file
    assert (ROOT / "README.md").exists()
