"""What documents say of the system is so: doors, codes, settings, metrics, topics, clauses, events, messages."""

import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from contracts import catalogue
from contracts.refusals import Refusal
from contracts.topics import SERVICES, all_topics
from law.clauses import Unknown, load_law
from tests.architecture.tracked import ROOT, files, python, text
from tests.docs.reading import blocks, documents, names, spans

DOOR = re.compile(r"(?:(GET|POST|PUT|DELETE) )?(/[\w/{}_:.-]+)(?:\?\S*)?(?: `?\{.*)?")
PRODUCTS = {"PostgreSQL", "FastStream", "CloudEvents", "OpenAPI", "AsyncAPI", "GitHub"}


@cache
def doors() -> frozenset[tuple[str, str]]:
    """(method, path) of every route, placeholders without their names."""
    found = set()
    for service in SERVICES:
        for route in import_module(f"services.{service}.api").routes:
            found.add((route.method, nameless(route.path)))
    return frozenset(found)


def nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@pytest.mark.parametrize("file", documents(), ids=str)
def test_the_doors_it_names_are_there(file: Path) -> None:
    below = re.search(r"`(/\w+/v1)`", text(file)) if file.parts[0] == "services" else None
    wrong = []
    for said in spans(file):
        match = DOOR.fullmatch(said.text)
        if match is None or match[1] is None:
            continue
        path = nameless(match[2])
        whole = path if re.match(r"/\w+/v1/", path) else f"{below[1]}{path}" if below else ""
        if whole and (match[1], whole) not in doors():
            wrong.append(str(said))
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_readme_names_all_its_doors(service: str) -> None:
    readme = text(Path("services", service, "README.md"))
    last = {
        re.sub(r"/\{[^}]*\}$", "", route.path).rsplit("/", 1)[1]
        for route in import_module(f"services.{service}.api").routes
    }
    assert {name for name in last if f"/{name}" not in readme} == set()


@cache
def codes() -> frozenset[str]:
    for file in python("chassis", "services", "contracts"):
        if re.search(r"^class \w+\([^)]*code=|^    \w+, code=", text(file), re.MULTILINE):
            import_module(".".join(file.with_suffix("").parts))
    found, waiting = set(), [Refusal]
    while waiting:
        kind = waiting.pop()
        found.add(kind.code)
        waiting += kind.__subclasses__()
    return frozenset(found)


def test_the_codes_agencies_may_meet_exist() -> None:
    guide = text(Path("docs/guide-for-agencies.md"))
    table = guide.partition("## Codes you may meet")[2].partition("## ")[0]
    named = {
        code for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for code in re.findall(r"`([a-z-]+)`", row)
    }
    assert len(named) > 20
    assert named - codes() == set()


def test_commands_and_answers_in_the_guides_can_be_read() -> None:
    commands = {kind.message_type: kind for kind in catalogue.commands().values()}
    read = 0
    for file in documents():
        for block in blocks(file):
            if block.language == "json":
                json.loads(block.text)
                if (kind := commands.get(block.before.strip("`:"))) is not None:
                    kind.model_validate_json(block.text)
                    read += 1
    assert read >= 4


SETTING = re.compile(r"[A-Z][A-Z0-9_]{3,}(?:_<[A-Z]+>)?")


def test_the_settings_documents_name_are_read_somewhere() -> None:
    code = "\n".join(text(file) for file in files() if file.suffix in (".py", ".sh") or file.name == "Makefile")
    wrong = []
    for file in documents():
        for said in spans(file):
            name = said.text.partition("=")[0]
            if SETTING.fullmatch(name) and "_" in name and re.sub(r"<[A-Z]+>", "", name) not in code:
                wrong.append(str(said))
    assert wrong == []


def test_the_metrics_documents_name_are_kept_with_these_labels() -> None:
    sources = {file: text(file) for file in python("chassis", "services") if "metrics" in file.name}
    wrong = []
    for file in documents():
        for said in spans(file):
            match = re.fullmatch(r"(phoihop_[a-z_]+)(\*?)(?:\{([\w, ]+)\})?", said.text)
            if match is None:
                continue
            name, labels = match[1].removesuffix("_total"), re.findall(r"\w+", match[3] or "")
            kept = [source for source in sources.values() if f'"{name}' in source]
            if not any(all(f"{label}=" in source for label in labels) for source in kept):
                wrong.append(str(said))
    assert wrong == []


def test_the_topics_documents_name_exist() -> None:
    topics = {topic.name for topic in all_topics()}
    for file in documents():
        for said in spans(file):
            if re.fullmatch(r"[a-z]+(\.[a-z]+)+\.v1", said.text):
                assert said.text in topics, said


def test_the_clauses_documents_name_exist() -> None:
    law = load_law()
    known = {clause.id for clause in law.clauses()}
    wrong = []
    for file in documents():
        for number, line in enumerate(text(file).splitlines(), 1):
            for clause in re.findall(r"\b(?:HD|LA)-[0-9][0-9A-Za-z.]*[0-9A-Za-z]|\b(?:HD|LA)-[0-9]", line):
                if clause not in known and not any(one.startswith(f"{clause}.") for one in known):
                    wrong.append(f"{file}:{number}: {clause}")
    assert wrong == []
    with pytest.raises(Unknown):
        law.clause("HD-99")


def test_what_is_written_like_a_class_is_one() -> None:
    """Events, commands, exceptions, alerts: a renamed one leaves no trace in the documents."""
    classes = {name for file in files() if file.suffix == ".py" for name in names(file)}
    rules = [text(file) for file in files() if file.parts[:3] == ("deploy", "prometheus", "rules")]
    classes |= {alert for rule in rules for alert in re.findall(r"- alert: (\w+)", rule)}
    wrong = []
    for file in documents():
        if file.parts[:2] == ("docs", "adr"):
            continue  # what was decided against may be named there
        for number, line in enumerate(text(file).splitlines(), 1):
            for word in re.findall(r"(?<![\w/.:-])(?:[A-Z][a-z]+){2,}(?![\w/-])", line):
                if word not in classes | PRODUCTS:
                    wrong.append(f"{file}:{number}: {word}")
    assert wrong == []


def test_the_numbers_readme_gives_are_right() -> None:
    readme = text(Path("README.md"))
    clauses = sum(1 for clause in load_law().clauses() if clause.id.startswith(("HD-", "LA-")))
    assert f"{clauses} clauses" in readme
    steps = len(list((ROOT / "examples/story").glob("step_*.py")))
    assert {7: "seven", 8: "eight", 9: "nine"}[steps] + " steps" in readme
    for service in SERVICES:
        assert f"── {service} " in readme
    assert "@@" not in readme
