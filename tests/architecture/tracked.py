"""The files of the repository, as git knows them, and their syntax trees."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("contracts", "law", "chassis", "services", "cli", "deploy", "tests", "examples", "benchmarks")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or about to be, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, timeout=20,
    )  # fmt: skip
    found = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(file for file in found if (ROOT / file).is_file()))


def python(*folders: str) -> tuple[Path, ...]:
    """Python files below these top folders."""
    return tuple(file for file in files() if file.suffix == ".py" and file.parts[0] in folders)


def text(file: Path) -> str:
    return (ROOT / file).read_text("utf-8")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(text(file), filename=str(file))


def imports(file: Path) -> set[str]:
    """Dotted names of the modules that a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages(file: Path) -> set[str]:
    """The first parts of what a file imports."""
    return {name.partition(".")[0] for name in imports(file)}
