"""Every place a document names is there: links, files, what a file is said to define, tests, modules."""

import re
from pathlib import Path

import pytest

from tests.architecture.tracked import ROOT, files, text
from tests.docs.reading import Said, documents, headings, is_there, links, names, spans

SUFFIXES = (".py", ".md", ".yaml", ".sql", ".sh", ".xml", ".toml", ".lock")
FOLDERS = {file.parts[0] for file in files() if len(file.parts) > 1}
PATH = re.compile(r"[\w.<>{},*…/-]+")
PLACE = re.compile(rf"({PATH.pattern})(?:: |::)([\w.]+)")
MADE_LATER = {"clauses.json", ".venv/bin/phoihop", "samples/"}
"""Written by a run, never committed."""
ROADMAP, TEST = Path("ROADMAP.md"), re.compile(r"tests/[\w/]+(?:\.py)?")


def path_of(said: Said) -> tuple[str, str | None] | None:
    """(path, symbol) when the span names a place in the repository."""
    match = PLACE.fullmatch(said.text)
    path, symbol = (match[1], match[2]) if match else (said.text, None)
    if not PATH.fullmatch(path) or path.startswith(("/", "…", "-")) or path in MADE_LATER:
        return None
    is_path = path.endswith(SUFFIXES) or ("/" in path and path.split("/")[0] in FOLDERS)
    return (path, symbol) if is_path else None


@pytest.mark.parametrize("file", documents(), ids=str)
def test_links_lead_somewhere(file: Path) -> None:
    broken = []
    for link in links(file):
        if link.text.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.text.partition("#")
        target = (ROOT / file.parent / path).resolve() if path else ROOT / file
        if not target.exists():
            broken.append(str(link))
        elif anchor and anchor not in headings(target.relative_to(ROOT)):
            broken.append(f"{link}: no such heading")
    assert broken == []


@pytest.mark.parametrize("file", documents(), ids=str)
def test_the_files_it_names_are_there_and_define_what_it_says(file: Path) -> None:
    wrong = []
    for said in spans(file):
        place = path_of(said)
        if place is None:
            continue
        path, symbol = place
        if not is_there(path, file):
            wrong.append(str(said))
        elif symbol and path.endswith(".py") and not defines(path, symbol):
            wrong.append(f"{said}: not defined there")
    assert wrong == []


def defines(path: str, symbol: str) -> bool:
    candidates = [file for file in files() if Path("/", file).match(path)]
    return any(symbol.split(".")[-1] in names(file) for file in candidates)


MODULE = re.compile(r"(?:contracts|law|chassis|services|cli|deploy|examples|tests)(?:\.\w+)+")


def test_the_modules_documents_name_are_there() -> None:
    wrong = []
    for file in documents():
        for said in spans(file):
            command = re.fullmatch(r"python -m (\S+).*", said.text)
            dotted = command[1] if command else said.text
            if MODULE.fullmatch(dotted) and not is_module_or_in_one(dotted):
                wrong.append(str(said))
    assert wrong == []


def is_module_or_in_one(dotted: str) -> bool:
    if Path(*dotted.split(".")).with_suffix(".py") in files() or (ROOT / Path(*dotted.split("."))).is_dir():
        return True
    parent, _, name = dotted.rpartition(".")
    module = Path(*parent.split(".")).with_suffix(".py")
    return module in files() and name in names(module)


def test_the_roadmap_names_a_proof_that_exists_or_says_not_yet() -> None:
    for line in text(ROADMAP).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 2 or cells[0] in ("point", "---"):
            continue
        point, proof = cells
        assert TEST.search(proof) or re.search(r"not yet|by hand", proof), f"{point}: no proof and no “not yet”"
        for path in TEST.findall(proof):
            assert (ROOT / path).exists(), f"{point}: {path} is not there"
            if not path.endswith(".py"):
                assert any(file.name.startswith("test_") for file in files() if str(file).startswith(f"{path}/"))
