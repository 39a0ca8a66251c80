"""The shape of the house: small files, empty __init__.py, few packages, public things explained, honest tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tracked import OURS, imports, python, text, tree

LONGEST_FILE = 400
"""Lines; one idea fits into fewer."""
MOST_PACKAGES = 10


def test_files_fit_in_the_head() -> None:
    long = {str(file): lines for file in python(*OURS) if (lines := len(text(file).splitlines())) > LONGEST_FILE}
    assert long == {}


def test_init_files_are_empty() -> None:
    assert [str(file) for file in python(*OURS) if file.name == "__init__.py" and text(file).strip()] == []


def test_the_chassis_has_at_most_ten_packages_each_a_line_in_its_readme() -> None:
    packages = {file.parts[1] for file in python("chassis") if len(file.parts) > 2}
    named = set(re.findall(r"^\| `(\w+)/` \|", text(Path("chassis/README.md")), re.MULTILINE))
    assert packages == named
    assert len(packages) <= MOST_PACKAGES


def test_public_things_are_explained() -> None:
    wrong = [
        f"{file}:{line} {name}"
        for file in python("contracts", "law", "chassis")
        if file.name != "__init__.py"
        for line, name in unexplained(tree(file))
    ]
    assert wrong == []


def unexplained(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Modules, and public classes and functions of a module.

    A refusal explains itself by its title, a function of one statement by that.
    """
    if not ast.get_docstring(module):
        yield 1, "(the module)"
    for node in module.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_") or ast.get_docstring(node):
            continue
        if isinstance(node, ast.ClassDef):
            says_itself = "title" in {word.arg for word in node.keywords}
        else:
            says_itself = len(node.body) == 1
        if not says_itself:
            yield node.lineno, node.name


def test_tests_wait_for_conditions_and_are_all_run() -> None:
    """No sleeping in a test, no skipping, no expected failures, no mocks."""
    wrong = []
    for file in python("tests"):
        if "unittest.mock" in imports(file) or "mock" in imports(file):
            wrong.append(f"{file}: mock")
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call | ast.Attribute):
                continue
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            marked = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if called in ("time.sleep", "sleep") and file.name.startswith(("test_", "conftest")):
                wrong.append(f"{file}:{node.lineno}: {called}")
            if re.fullmatch(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)", called or marked):
                wrong.append(f"{file}:{node.lineno}: {called or marked}")
    assert sorted(set(wrong)) == []
