"""`phoihop clause HD-2.1d3`: what a clause says, who holds it, which code decides by it, and which tests prove it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.environment import CHECKOUT
from cli.telling import AsJson, answer, clear_errors, out, say_no
from law.clauses import Law, Unknown, load_law


@clear_errors
def clause(
    clause_id: Annotated[str, typer.Argument(metavar="CLAUSE", help="As in docs/clauses.md: HD-2.1d3.")],
    as_json: AsJson = False,
) -> None:
    """Show a clause: its text, its data row, the deciding functions, the events, the tests.

    Example: phoihop clause HD-2.1d3
    """
    law = load_law()
    try:
        row = law.clause(clause_id)
    except Unknown:
        say_no(f"there is no clause {clause_id}; docs/clauses.md lists all of them")
    instrument = law.instrument_of(clause_id)
    actions = sorted(_actions_of(law, clause_id))
    told = {
        "clause": row.id,
        "instrument": instrument.title,
        "place": row.place,
        "text": row.text,
        "gloss": row.gloss,
        "data": _data_row(clause_id),
        "holders": [
            f"{holder.agency} ({holder.role or '-'}, {holder.kind}{f', {holder.verb}' if holder.verb else ''})"
            for holder in row.holders
        ],
        "actions": actions,
        "decided_by": sorted(_deciders(actions)),
        "events": [*row.fulfilled_by, *row.recorded_by],
        "tests": sorted(_tests(clause_id)),
    }

    def words() -> None:
        for name, value in told.items():
            lines = value if isinstance(value, list) else [value]
            for number, line in enumerate(lines or ["(none)"]):
                out.print(f"{name.replace('_', ' ') if number == 0 else '':>12}  {line}", markup=False)

    answer(as_json, told, words)


def _actions_of(law: Law, clause_id: str) -> Iterator[str]:
    for name, action in law.actions.items():
        if any(grant.clause == clause_id for grant in action.grants):
            yield name


def _data_row(clause_id: str) -> str:
    for path in sorted((CHECKOUT / "law" / "instruments").glob("*.yaml")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip().removeprefix("- ").removeprefix("{") in (f"id: {clause_id}", f"id: '{clause_id}'"):
                return f"{path.relative_to(CHECKOUT)}:{number}"
    return "(not found)"


def _deciders(actions: list[str]) -> Iterator[str]:
    """Functions of the services that ask for one of these powers by its name."""
    for path, function in _functions(CHECKOUT / "services"):
        for node in ast.walk(function):
            if isinstance(node, ast.Constant) and node.value in actions:
                yield f"{path.relative_to(CHECKOUT)}:{function.lineno} {function.name}"


def _tests(clause_id: str) -> Iterator[str]:
    for path, function in _functions(CHECKOUT / "tests"):
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause":
                marked: list[Any] = [one.value for one in decorator.args if isinstance(one, ast.Constant)]
                if clause_id in marked:
                    yield f"{path.relative_to(CHECKOUT)}:{function.lineno} {function.name}"


def _functions(folder: Path) -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield path, node
