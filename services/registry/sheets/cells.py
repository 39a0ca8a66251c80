"""What a cell means: people type dates as text, numbers lose their zeros, several lines stand in one cell."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from openpyxl.utils.datetime import from_excel

from contracts.text import normalised
from services.registry.domain.natural_keys import slug
from services.registry.sheets.workbook import Cell

MAX_TEXT = 500
FIRST_SERIAL, LAST_SERIAL = 25_569, 73_050
"""Excel's day numbers of 1970-01-01 and 2099-12-31: a bare number in a date column is read as one."""

EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
LINE_KINDS: Mapping[str, str] = {
    "adsl": "adsl",
    "ftth": "ftth",
    "cap-quang": "ftth",
    "kenh-thue-rieng": "leased-line",
    "thue-kenh-rieng": "leased-line",
    "leased-line": "leased-line",
    "dien-thoai": "phone",
    "dien-thoai-co-dinh": "phone",
    "co-dinh": "phone",
}
"""How companies name the kinds of lines, as slugs; what is not here keeps its own slug."""

_DATE = re.compile(r"^(?:ngày\s*)?(\d{1,2})\s*(?:[/.\-]|tháng)\s*(\d{1,2})\s*(?:[/.\-]|năm)\s*(\d{4})$", re.IGNORECASE)
_ISO_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?$")
_ZEROS = re.compile(r"^0+$")
_SEPARATORS = re.compile(r"[\n\r;,]+")


class Unreadable(Exception):
    """The cell does not say what its column asks for; the text says why, in plain words."""


def text_of(cell: Cell) -> str:
    """One line of text, NFC, blanks collapsed; empty for an empty cell. Raises Unreadable."""
    return _checked(" ".join(_raw(cell).split()))


def parts_of(cell: Cell) -> tuple[str, ...]:
    """The texts of a cell that holds several, each on a line of its own or after a comma or semicolon."""
    parts = (" ".join(part.split()) for part in _SEPARATORS.split(_raw(cell)))
    return tuple(_checked(part) for part in parts if part)


def date_of(cell: Cell) -> date | None:
    """A date cell, an Excel day number, or text such as 05/02/2009 (day first). Raises Unreadable."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and FIRST_SERIAL <= value <= LAST_SERIAL:
        found = from_excel(int(value))
        return found.date() if isinstance(found, datetime) else None
    text = text_of(cell)
    if not text:
        return None
    day_first, iso = _DATE.match(text), _ISO_DATE.match(text)
    try:
        if day_first:
            day, month, year = map(int, day_first.groups())
            return date(year, month, day)
        if iso:
            return date(*map(int, iso.groups()))
    except ValueError:
        raise Unreadable(f'"{text}" is no day of the calendar') from None
    raise Unreadable(f'"{text}" is not a date; write day/month/year, such as 05/02/2009')


def line_kind(text: str) -> str:
    """The code of a kind of line: `Cáp quang` → `ftth`. Empty when the text holds no letters."""
    found = slug(text)
    return LINE_KINDS.get(found, found)


def _raw(cell: Cell) -> str:
    value: Any = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        raise Unreadable("the cell holds TRUE or FALSE")
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    text = str(value)
    if text.strip() in EXCEL_ERRORS:
        raise Unreadable(f"the cell holds Excel's error {text.strip()}")
    return text


def _number(value: float, number_format: str) -> str:
    """A number as the sheet shows it where that matters: no `.0`, leading zeros of a format of zeros."""
    if not float(value).is_integer() or abs(value) >= 10**18:
        return str(value)
    digits = str(int(value))
    return digits.zfill(len(number_format)) if _ZEROS.match(number_format) else digits


def _checked(text: str) -> str:
    try:
        composed = normalised(text)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if len(composed) > MAX_TEXT:
        raise Unreadable(f"the text has {len(composed)} characters, at most {MAX_TEXT} are taken")
    return composed
