"""README.vi.md says what README.md says: the same shape, commands, links, rows and numbers."""

import re
import unicodedata
from pathlib import Path

from tests.architecture.tracked import text
from tests.docs.reading import blocks, links, spans

ENGLISH, VIETNAMESE = Path("README.md"), Path("README.vi.md")


def shape(file: Path) -> list[str]:
    """Headings by their depth, table rows and blocks, in order."""
    found = []
    for line in text(file).splitlines():
        if mark := re.match(r"(#+ |\| |```)", line):
            found.append(mark[1])
    return found


def shown(file: Path) -> list[list[str]]:
    """The lines of each block without what is said behind a #."""
    return [[line.partition("#")[0].rstrip() for line in block.text.splitlines()] for block in blocks(file)]


def test_both_lead_to_each_other_first() -> None:
    assert next(iter(links(ENGLISH))).text == str(VIETNAMESE)
    assert next(iter(links(VIETNAMESE))).text == str(ENGLISH)


def test_both_have_the_same_shape_and_show_the_same() -> None:
    assert shape(ENGLISH) == shape(VIETNAMESE)
    assert shown(ENGLISH) == shown(VIETNAMESE)


def test_both_name_the_same_commands_and_places() -> None:
    assert sorted(said.text for said in spans(ENGLISH)) == sorted(said.text for said in spans(VIETNAMESE))
    assert [link.text for link in links(ENGLISH)][1:] == [link.text for link in links(VIETNAMESE)][1:]


def test_both_give_the_same_numbers() -> None:
    """Seconds, minutes, clauses, versions; numbers written as words are for the reader."""

    def numbers(file: Path) -> list[str]:
        return sorted(
            re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])", re.sub(r"```.*?```", "", text(file), flags=re.DOTALL))
        )

    assert numbers(ENGLISH) == numbers(VIETNAMESE)


def test_the_vietnamese_is_composed() -> None:
    said = text(VIETNAMESE)
    assert said == unicodedata.normalize("NFC", said)
    assert len(re.findall(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", said)) > 300
