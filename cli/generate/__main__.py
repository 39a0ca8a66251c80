"""Writes what is generated and checked in. `--check` writes nothing, names what is stale and exits 1."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.generate import asyncapi, clauses, doors, notices, problems, schemas
from deploy.grafana import document, render

ROOT = Path(__file__).resolve().parents[2]


def documents() -> Iterator[tuple[Path, str]]:
    """What follows from the code alone: path below the repository, and text."""
    yield from schemas.documents()
    yield from asyncapi.documents()
    yield from problems.documents()
    yield from doors.documents(ROOT)
    yield from render.documents()
    yield from document.documents()
    yield from notices.documents(ROOT)


def stale(wanted: dict[Path, str]) -> list[Path]:
    """Files whose text is not what is wanted, and schemas that nothing generates any more."""
    there = {path.relative_to(ROOT) for path in (ROOT / schemas.FOLDER).rglob("*.json")}
    changed = [path for path, text in wanted.items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text]
    return sorted([*changed, *(there - wanted.keys())])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is stale")
    check = parser.parse_args().check
    wanted = dict(documents()) | dict(clauses.documents(ROOT))
    out_of_date = stale(wanted)
    for path in out_of_date:
        print(f"{'stale' if check else 'writing' if path in wanted else 'removing'}: {path}")
        if not check:
            if path in wanted:
                (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
                (ROOT / path).write_text(wanted[path])
            else:
                (ROOT / path).unlink()
    return 1 if check and out_of_date else 0


if __name__ == "__main__":
    sys.exit(main())
