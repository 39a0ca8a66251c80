"""One thing has one word, and some words have no place here."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from contracts.envelope import Envelope, Metadata
from tests.architecture.tracked import ROOT, files, python, text

DOMAIN_WORDS = {"agent", "isp", "clause", "district", "province", "violation"}
REFUSED_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "misc"}
SYNONYMS = re.compile(r"\bsagas?\b|\bdead[ -]?letters?\b|\bDLQs?\b", re.IGNORECASE)
REGISTRY_HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|repo1?\.maven\.(apache\.)?org|registry\.npmjs\.org|deb\.debian\.org|proxy\.golang\.org|crates\.io"
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(work|root|tmp|Users|home/(?!dev\b))/?[\w.-]+")
"""`/home/dev` is the plain user of the fresh machine that check-fresh makes."""
HTTP_HEADERS = {"user_agent"}

HERE = Path(__file__).relative_to(ROOT)
GLOSSARY = Path("docs/glossary.md")
"""May name the words we do not use, to say which we use instead."""
TEXTS = {".py", ".md", ".sql", ".yaml", ".yml", ".toml", ".xml", ".sh", ".json", ".txt", ".lock", ".properties", ""}


def of_the_envelope() -> set[str]:
    """The chassis knows the envelope, so it may say the names of its fields: the whole name, nothing made of it."""
    return set(Metadata.model_fields) | set(Envelope.__dataclass_fields__)


def parts(identifier: str) -> set[str]:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().split("_")
    return {form for word in words for form in (word, word.removesuffix("s"))}


def identifiers(source: str) -> set[str]:
    return {
        token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.NAME
    }


def test_the_chassis_holds_no_word_of_the_domain() -> None:
    exempt = HTTP_HEADERS | of_the_envelope()
    wrong = {
        str(file): found
        for file in python("chassis")
        if (found := {name for name in identifiers(text(file)) - exempt if parts(name) & DOMAIN_WORDS})
    }
    assert wrong == {}


def test_the_tables_of_the_chassis_hold_no_word_of_the_domain() -> None:
    """Outside comments and quotes."""
    for file in files():
        if file.parts[0] == "chassis" and file.suffix == ".sql":
            bare = re.sub(r"--[^\n]*|'[^']*'", "", text(file))
            assert {name for name in re.findall(r"[a-z_]+", bare) if parts(name) & DOMAIN_WORDS} == set(), file


def test_no_file_or_folder_is_called_after_nothing() -> None:
    wrong = [str(file) for file in files() if {part.partition(".")[0] for part in file.parts} & REFUSED_NAMES]
    assert wrong == []


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (SYNONYMS, "docs/glossary.md has the word we use"),
        (REGISTRY_HOSTS, "where packages come from is the machine's business"),
        (MACHINE_PATHS, "a path of one machine means nothing on another"),
    ],
)
def test_what_no_file_may_hold(refused: re.Pattern[str], why: str) -> None:
    wrong = [
        f"{file}:{number}: {line.strip()[:100]}"
        for file in files()
        if file not in (HERE, GLOSSARY) and file.suffix in TEXTS
        for number, line in enumerate(text(file).splitlines(), 1)
        if refused.search(line)
    ]
    assert wrong == [], why


def test_domains_take_time_and_chance_from_their_commands() -> None:
    refused = {"now", "utcnow", "today", "uuid1", "uuid4", "token_hex", "token_urlsafe", "urandom", "getenv"}
    wrong = [
        f"{file}:{node.lineno}"
        for file in python("services", "law")
        if file.parts[0] == "law" or "domain" in file.parts
        for node in ast.walk(ast.parse(text(file)))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in refused
    ]
    assert wrong == []
