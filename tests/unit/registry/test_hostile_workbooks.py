"""What is no workbook, or means harm, is refused in a bounded time and without unpacking it first."""

import io
import time
import tracemalloc
import zipfile

import pytest

from services.registry.domain import errors
from services.registry.sheets import agent_list
from services.registry.sheets.agent_list import read_agent_list
from services.registry.sheets.workbook import MAX_BYTES, MIB
from tests.unit.registry.sheets import AREAS, part, row, with_part, workbook

SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"STT;T\xc3\xaan \xc4\x91\xe1\xba\xa1i l\xc3\xbd\n1;Hoa\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
        b"PK\x03\x04" + b"\xff" * 100,
        workbook(row())[:-200],
    ],
    ids=["empty", "csv", "old-xls", "broken-zip", "cut-off"],
)
def test_what_is_no_workbook_is_refused(content):
    with pytest.raises(errors.NotAWorkbook):
        read_agent_list(content, AREAS)


def test_another_kind_of_archive_is_refused():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("word/document.xml", "<document/>")
    with pytest.raises(errors.NotAWorkbook, match="not an XLSX"):
        read_agent_list(archive.getvalue(), AREAS)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(errors.WorkbookTooLarge):
        read_agent_list(b"PK" + b"\0" * MAX_BYTES, AREAS)


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part(workbook(row()), "xl/media/bomb.bin", b"\0" * (200 * MIB))
    assert len(bomb) < MIB
    tracemalloc.start()
    try:
        with pytest.raises(errors.WorkbookTooLarge, match="Unpacked"):
            read_agent_list(bomb, AREAS)
        assert tracemalloc.get_traced_memory()[1] < 5 * MIB
    finally:
        tracemalloc.stop()


def test_entities_are_refused():
    content = workbook(row())
    evil = part(content, SHEET).replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)
    with pytest.raises(errors.NotAWorkbook, match="document type"):
        read_agent_list(with_part(content, SHEET, evil), AREAS)


@pytest.mark.parametrize("spoilt", [b"", b"<worksheet>", b"\xff\xfe\x00", b"not xml at all"])
def test_a_spoilt_sheet_is_refused(spoilt):
    with pytest.raises((errors.NotAWorkbook, errors.HeaderNotFound)):
        read_agent_list(with_part(workbook(row()), SHEET, spoilt), AREAS)


def test_rows_numbered_without_end_are_refused_in_time():
    content = workbook(row())
    far = part(content, SHEET).replace(b'r="2"', b'r="999999999999"')
    started = time.monotonic()
    with pytest.raises(errors.ListIsEmpty):
        read_agent_list(with_part(content, SHEET, far), AREAS)
    assert time.monotonic() - started < 10


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(agent_list, "MAX_ROWS", 3)
    with pytest.raises(errors.TooManyRows) as raised:
        read_agent_list(workbook(*(row(number) for number in range(1, 6))), AREAS)
    assert raised.value.members == {"limit": 3}
