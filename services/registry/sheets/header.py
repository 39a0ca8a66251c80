"""Finds the header of a list by its words: companies move columns, add titles above and write names their own way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from openpyxl.utils import get_column_letter

from services.registry.domain.errors import HeaderNotFound
from services.registry.domain.natural_keys import slug
from services.registry.sheets.workbook import Row

SEARCHED_ROWS = 40
LIKELY_HEADER = 4
"""So many columns found make a row the header, even where others are missing."""

Column = Literal[
    "position",
    "name",
    "owner",
    "certificate",
    "address",
    "area",
    "contract",
    "signed_on",
    "line_kind",
    "line_number",
    "telecom",
]

TITLES: Mapping[Column, str] = {
    "position": "STT",
    "name": "Tên đại lý",
    "owner": "Chủ đại lý",
    "certificate": "Số giấy chứng nhận ĐKKD",
    "address": "Địa chỉ",
    "area": "Huyện/Thành phố",
    "contract": "Số hợp đồng",
    "signed_on": "Ngày ký",
    "line_kind": "Loại đường truyền",
    "line_number": "Số thuê bao/Đường truyền",
    "telecom": "Doanh nghiệp viễn thông",
}
"""The columns as the province's form names them."""

REQUIRED: tuple[Column, ...] = ("name", "owner", "address", "area", "contract")

_WORDS: tuple[tuple[Column, tuple[str, ...]], ...] = (
    ("signed_on", ("ngay ky",)),
    ("telecom", ("doanh nghiep vien thong", "nha mang", "vien thong")),
    ("line_kind", ("loai duong truyen", "duong truyen loai", "loai thue bao", "loai hinh")),
    ("line_number", ("so thue bao", "so duong truyen", "duong truyen", "so dien thoai")),
    ("contract", ("so hop dong", "so hd", "hop dong so")),
    ("certificate", ("dkkd", "giay chung nhan", "dang ky kinh doanh")),
    ("owner", ("chu dai ly", "chu so huu", "chu co so", "ho ten chu", "ho va ten chu")),
    ("address", ("dia chi",)),
    ("area", ("huyen", "quan huyen", "dia ban")),
    ("name", ("ten dai ly", "dai ly internet", "ten diem", "dai ly")),
    ("position", ("stt", "so tt", "tt")),
)
"""In this order: a title is the first column whose words stand in it one after the other, accents dropped."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, from 0, and the number of the header's last row."""

    places: Mapping[Column, int]
    last_row: int

    def letter(self, column: Column) -> str:
        """`E`, or nothing when the list has no such column."""
        return get_column_letter(self.places[column] + 1) if column in self.places else ""


def find_header(rows: Sequence[Row]) -> Header:
    """The header among the first rows of a sheet, in one row or in two (a merged group title above).

    Raises HeaderNotFound naming the columns that are missing.
    """
    best, at = Header({}, 0), 0
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        found = Header(_places(_titles(row)), row.number)
        if len(found.places) > len(best.places):
            best, at = found, index
    best = _with_second_row(best, rows[at : at + 2])
    missing = [TITLES[column] for column in REQUIRED if column not in best.places]
    if len(best.places) < LIKELY_HEADER:
        raise HeaderNotFound(
            "No row among the first {rows} names the columns {columns}",
            rows=SEARCHED_ROWS,
            columns=list(TITLES.values()),
        )
    if missing:
        raise HeaderNotFound(
            "The header in row {row} has no column {columns}",
            row=best.last_row,
            columns=missing,
        )
    return best


def _with_second_row(header: Header, rows: Sequence[Row]) -> Header:
    """The header with the row below it where that belongs to it: titles merged over both rows leave it blank there."""
    if len(rows) < 2 or "name" not in header.places:
        return header
    upper, lower = rows
    name_below = lower.cells[header.places["name"]].value if header.places["name"] < len(lower.cells) else None
    if lower.number != upper.number + 1 or name_below is not None:
        return header
    both = Header(_places(_joined(upper, lower)), lower.number)
    return both if len(both.places) > len(header.places) else header


def _titles(row: Row) -> list[str]:
    return ["" if cell.value is None else slug(str(cell.value)).replace("-", " ") for cell in row.cells]


def _joined(upper: Row, lower: Row) -> list[str]:
    """Titles of a two-row header; a group title stands in its first column only and holds for those right of it."""
    joined, group = [], ""
    for above, below in zip(_titles(upper), _titles(lower), strict=False):
        group = above or (group if below else "")
        joined.append(f"{group} {below}".strip())
    return joined


def _places(titles: Sequence[str]) -> dict[Column, int]:
    places: dict[Column, int] = {}
    for place, title in enumerate(titles):
        column = _column(title)
        if column is not None and column not in places:
            places[column] = place
    return places


def _column(title: str) -> Column | None:
    if not title or len(title) > 60:
        return None
    for column, phrases in _WORDS:
        if any(f" {phrase} " in f" {title} " for phrase in phrases):
            return column
    return None
