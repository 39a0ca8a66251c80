"""Opens a workbook that anybody may have sent: sizes are checked before anything is unpacked, formulas never run."""

import time
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from services.registry.domain.errors import NotAWorkbook, WorkbookTooLarge

MIB = 1024 * 1024
MAX_BYTES = 10 * MIB
MAX_UNPACKED_BYTES = 64 * MIB
MAX_PARTS = 500
MAX_SHEETS = 20
MAX_COLUMNS = 60
EXCEL_ROWS = 1_048_576
ROWS_BETWEEN_PAUSES = 250


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as Excel keeps it, with its number format ("0000000000" shows leading zeros)."""

    value: Any
    number_format: str


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts from 1, as the sheet shows it."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        return all(cell.value is None or str(cell.value).strip() == "" for cell in self.cells)


def read_sheets(content: bytes) -> Iterator[Iterator[Row]]:
    """The rows that hold something, sheet by sheet. Raises NotAWorkbook, WorkbookTooLarge, also while it is read."""
    _check_sizes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions it leaves aside
            book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise _unreadable(error) from None
    try:
        for sheet in book.worksheets[:MAX_SHEETS]:
            yield _rows(sheet)
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[Row]:
    try:
        gap: Any = None  # openpyxl fills gaps between rows with one and the same tuple, a million times if it must
        for number, cells in enumerate(sheet.iter_rows(max_row=EXCEL_ROWS, max_col=MAX_COLUMNS), start=1):
            if cells is gap:
                continue
            if number % ROWS_BETWEEN_PAUSES == 0:
                time.sleep(0)  # other requests of this process get their turn (green threads)
            row = Row(number, tuple(Cell(cell.value, getattr(cell, "number_format", "General")) for cell in cells))
            if row.is_blank:
                gap = cells
            else:
                yield row
    except Exception as error:
        raise _unreadable(error) from None


def _check_sizes(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise WorkbookTooLarge(
            "The file has {size} bytes; at most {limit} are read", size=len(content), limit=MAX_BYTES
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
                raise WorkbookTooLarge(
                    "Unpacked, the workbook has {parts} parts and {unpacked} bytes; at most {most_parts} and "
                    "{limit} are read",
                    parts=len(parts),
                    unpacked=unpacked,
                    most_parts=MAX_PARTS,
                    limit=MAX_UNPACKED_BYTES,
                )
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise NotAWorkbook("The file is an archive, but not an XLSX workbook")
            for part in parts:
                _refuse_entities(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _unreadable(error) from None


def _refuse_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A document type has no place in a workbook; entities in it can grow without limit."""
    if not part.filename.endswith((".xml", ".rels")):
        return
    with archive.open(part) as stream:
        before = b""
        while block := stream.read(MIB):
            if b"<!DOCTYPE" in (before + block).replace(b"\0", b""):
                raise NotAWorkbook("Part {part} of the workbook defines a document type", part=part.filename)
            before = block[-20:]


def _unreadable(error: Exception) -> NotAWorkbook:
    if isinstance(error, NotAWorkbook):
        return error
    if isinstance(error, zipfile.BadZipFile):
        return NotAWorkbook("The file is not an XLSX workbook, or it arrived damaged")
    return NotAWorkbook("The workbook cannot be read ({why}); save it again as .xlsx", why=type(error).__name__)
