"""Every promise of docs/guarantees.md names a test that is there."""

import re
from pathlib import Path

from tests.architecture.tracked import ROOT, text
from tests.docs.reading import names

GUARANTEES = Path("docs/guarantees.md")
PROOF = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")


def promises() -> list[tuple[str, str]]:
    """(promise, proof), row by row."""
    rows = [line.strip("|").split(" | ") for line in text(GUARANTEES).splitlines() if line.startswith("| ")]
    return [(row[0].strip(), row[-1].strip()) for row in rows if row[0].strip() != "promise"]


def test_every_promise_has_a_test_that_would_break_with_it() -> None:
    assert len(promises()) > 30
    wrong = []
    for promise, proof in promises():
        found = PROOF.findall(proof)
        if not found:
            wrong.append(f"{promise}: no proof")
        for file, function in found:
            if not (ROOT / file).exists() or (function and function not in names(Path(file))):
                wrong.append(f"{promise}: {file}::{function} is not there")
    assert wrong == []
