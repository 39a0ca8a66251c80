"""Every command a document shows can be typed: make, phoihop, and what README lets people run."""

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import typer

from cli.main import app
from tests.architecture.tracked import ROOT, files, text
from tests.docs.reading import Said, blocks, documents, spans

PHOIHOP = typer.main.get_command(app)
SAMPLE_ID = "62cdc27a-e212-5a72-bd58-402dd994bd1d"
MAKE = re.compile(r"(?:[A-Z_]+=\S+ )*make( [a-z][a-z-]*)?((?: [A-Z_]+=(?:\"[^\"]*\"|\S+))*)")


def lines_of_blocks() -> Iterator[Said]:
    for file in documents():
        for block in blocks(file):
            for offset, line in enumerate(block.text.splitlines(), 1):
                yield Said(file, block.line + offset, line.split("  #")[0].removeprefix("$ ").strip())


def test_every_make_target_and_setting_that_is_named_exists() -> None:
    makefile = text(Path("Makefile"))
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    wrong, met = [], set()
    for said in [*(one for file in documents() for one in spans(file)), *lines_of_blocks()]:
        match = MAKE.fullmatch(said.text)
        if match is None or is_planned(said):
            continue
        target = (match[1] or " help").strip()
        met.add(target)
        settings = re.findall(r"([A-Z_]+)=", said.text)
        if target not in targets or any(setting not in makefile for setting in settings):
            wrong.append(str(said))
    assert wrong == []
    assert {"run", "test", "lint", "generate"} <= met


def is_planned(said: Said) -> bool:
    """The roadmap says of it that it is not there yet."""
    return said.file == Path("ROADMAP.md") and "not yet" in text(said.file).splitlines()[said.line - 1]


def test_make_alone_explains_every_target() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", text(Path("Makefile")), re.MULTILINE)
    assert phony
    assert set(re.findall(r"^  make ([a-z-]+)", said, re.MULTILINE)) == set(phony[1].split())


def calls(shown: str) -> list[list[str]]:
    """The arguments of each call of phoihop in a line of shell."""
    tokens = shlex.shlex(re.sub(r"<[^>]*>", SAMPLE_ID, shown), posix=True, punctuation_chars="();<>|&$")
    tokens.whitespace_split = True
    found: list[list[str]] = []
    current: list[str] | None = None
    for token in tokens:
        if token.endswith("phoihop"):
            found.append(current := [])
        elif set(token) <= set("();<>|&$"):
            current = None
        elif current is not None:
            current.append(token)
    return found


def parse(arguments: list[str], *, whole: bool) -> str:
    """Empty when it can be typed; else why not. Without `whole`, arguments may be missing: it is only named."""
    command: Any = PHOIHOP
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    if hasattr(command, "commands"):
        if arguments == ["--help"] or (not arguments and not whole):
            return ""
        return f"no command {' '.join(arguments) or '(nothing)'}"
    try:
        command.make_context(command.name, arguments)
    except Exception as wrong:
        if "Exit" in type(wrong).__name__ or (not whole and "Missing" in type(wrong).__name__):
            return ""
        return f"{type(wrong).__name__}: {getattr(wrong, 'message', wrong)}"
    return ""


def test_what_documents_show_of_phoihop_can_be_typed() -> None:
    wrong, met = [], 0
    for file in documents():
        for said in spans(file):
            if re.match(r"(\.venv/bin/)?phoihop ", said.text):
                met += 1
                wrong += [f"{said}: {why}" for one in calls(said.text) if (why := parse(one, whole=False))]
    for said in lines_of_blocks():
        if re.match(r"(\.venv/bin/)?phoihop ", said.text):
            wrong += [f"{said}: {why}" for one in calls(said.text) if (why := parse(one, whole=True))]
    assert wrong == []
    assert met > 5


def test_what_alerts_tell_people_to_type_exists() -> None:
    """Their labels are filled in by Prometheus."""
    wrong, met = [], 0
    for file in files():
        if file.match("deploy/prometheus/rules/*.yml"):
            for shown in re.findall(r"^ +first_command: (phoihop .*)$", text(file), re.MULTILINE):
                plain = re.sub(r"\{\{[^}]*\}\}", "registry", shown)
                wrong += [f"{file}: {shown}: {why}" for one in calls(plain) if (why := parse(one, whole=True))]
                met += 1
    assert wrong == []
    assert met > 5


def test_the_doors_that_people_are_told_to_read_are_there() -> None:
    for path in {path for file in files() for path in re.findall(r'phoihop read \\?"?(/[^\s"`\\]+)', text(file))}:
        address, _, filters = path.partition("?")
        routes = importlib.import_module(f"services.{path.split('/')[1]}.api").routes
        (route,) = [route for route in routes if (route.method, route.path) == ("GET", address)]
        route.filters.model_validate(dict(parse_qsl(filters)))
        assert {name for name, _ in parse_qsl(filters)} <= route.filters.model_fields.keys(), path


def every_help(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, below in getattr(command, "commands", {}).items():
        yield (*path, name), below.help or ""
        yield from every_help(below, (*path, name))


def test_the_examples_of_help_can_be_typed_as_they_stand() -> None:
    for path, told in every_help(PHOIHOP):
        _, _, example = told.partition("Example: ")
        for one in calls(" ".join(example.split())):
            assert parse(one, whole=True) == "", (path, example)


def test_what_the_programs_tell_people_to_type_exists() -> None:
    wrong = []
    for file in files():
        if file.suffix in (".py", ".sh") and file.parts[0] in ("chassis", "cli", "services", "deploy", "contracts"):
            for shown in re.findall(r"`(phoihop [^`\n]+)`", text(file)):
                plain = re.sub(r"\{[^}]*\}", SAMPLE_ID, shown)
                wrong += [f"{file}: {shown}: {why}" for one in calls(plain) if (why := parse(one, whole=False))]
    assert wrong == []


CHEAP = [("phoihop", "--help"), ("phoihop", "clause", "HD-2.1d3")]


@pytest.mark.parametrize("command", CHEAP, ids=" ".join)
def test_what_readme_lets_people_type_first_works(command: tuple[str, ...]) -> None:
    name, *arguments = command
    assert any(" ".join(command) in said.text for said in spans(Path("README.md")))
    done = subprocess.run(
        [Path(sys.executable).parent / name, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_samples_are_made_as_their_readme_says(tmp_path: Path) -> None:
    shown = re.search(r"^ +(python -m examples\.samples .*)$", text(Path("examples/samples/README.md")), re.MULTILINE)
    assert shown
    _, *arguments = shlex.split(shown[1].replace("samples/", str(tmp_path)))
    subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, timeout=50, check=True)
    assert list(tmp_path.glob("*.xlsx"))


def test_python_programs_take_the_options_that_are_shown() -> None:
    """The sample programs know each option of their READMEs' blocks."""
    for folder, program in (("company", "company.py"), ("police", "police.py")):
        source = text(Path("examples", folder, program))
        for block in blocks(Path("examples", folder, "README.md")):
            if program in block.text:
                for option in set(re.findall(r"(?<=\s)--[a-z][a-z-]+", block.text)) - {"--require-hashes"}:
                    assert f'"{option}"' in source, f"{program} has no {option}"
