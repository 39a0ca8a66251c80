"""The repository's documents as a reader sees them: code spans, blocks, links, headings."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.architecture.tracked import ROOT, files, text, tree

FENCE = re.compile(r"^ *```(\w*)")
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Said:
    """A piece of a document, and where it stands."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Block:
    file: Path
    line: int
    language: str
    text: str
    before: str
    """The last line of text above it."""


@cache
def documents() -> tuple[Path, ...]:
    return tuple(file for file in files() if file.suffix == ".md")


def spans(file: Path) -> Iterator[Said]:
    """What stands in backticks, outside blocks."""
    for number, line in _prose(file):
        for found in SPAN.findall(line):
            yield Said(file, number, found)


def links(file: Path) -> Iterator[Said]:
    for number, line in _prose(file):
        for target in LINK.findall(SPAN.sub("", line)):
            yield Said(file, number, target)


def headings(file: Path) -> set[str]:
    """Anchors, as they are made of headings."""
    titles = (line.lstrip("# ") for _, line in _prose(file) if re.match(r"#+ ", line))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def blocks(file: Path) -> tuple[Block, ...]:
    found: list[Block] = []
    opened: tuple[int, str] | None = None
    inside: list[str] = []
    before = ""
    for number, line in enumerate(text(file).splitlines(), 1):
        fence = FENCE.match(line)
        if fence and opened is None:
            opened, inside = (number, fence[1]), []
        elif fence and opened is not None:
            found.append(Block(file, opened[0], opened[1], "\n".join(inside), before))
            opened = None
        elif opened is not None:
            inside.append(line)
        elif line.strip():
            before = line
    assert opened is None, f"{file}:{opened} is never closed"
    return tuple(found)


def blocks_of(file: Path, heading: str) -> list[str]:
    """The texts of the bash blocks below one `## ` heading, in their order."""
    lines = text(file).splitlines()
    begin = lines.index(f"## {heading}") + 1
    end = next(
        (number for number, line in enumerate(lines, 1) if number > begin and line.startswith("## ")), len(lines) + 1
    )
    return [block.text for block in blocks(file) if begin < block.line < end and block.language == "bash"]


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    in_block = False
    for number, line in enumerate(text(file).splitlines(), 1):
        if FENCE.match(line):
            in_block = not in_block
        elif not in_block:
            yield number, line


def is_there(pattern: str, near: Path) -> bool:
    """A tracked file or folder of that name: from the root, from the document's folder, or as the end of some path.

    `<name>` and `…` stand for anything, `{a,b}` for both.
    """
    return all(_is_one_there(one, near) for one in _alternatives(pattern))


def _is_one_there(pattern: str, near: Path) -> bool:
    wanted = re.sub(r"<[^>]*>|…", "*", pattern.rstrip("/"))
    for folder in (ROOT, ROOT / near.parent):
        if any(folder.glob(wanted)):
            return True
    return any(Path("/", file).match(wanted) for file in _paths())


def _alternatives(pattern: str) -> list[str]:
    match = re.search(r"\{([^}]*,[^}]*)\}", pattern)
    if match is None:
        return [pattern]
    return [
        one
        for choice in match[1].split(",")
        for one in _alternatives(pattern[: match.start()] + choice + pattern[match.end() :])
    ]


@cache
def _paths() -> frozenset[Path]:
    return frozenset(files()) | {parent for file in files() for parent in file.parents}


@cache
def names(file: Path) -> set[str]:
    """What a Python file defines, methods and fields too."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found
