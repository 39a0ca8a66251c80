"""Makes small workbooks for the tests, row by row."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import openpyxl

HEADER = (
    "STT",
    "Tên đại lý",
    "Chủ đại lý",
    "Số giấy chứng nhận ĐKKD",
    "Địa chỉ",
    "Huyện/Thành phố",
    "Số hợp đồng",
    "Ngày ký",
    "Loại đường truyền",
    "Số thuê bao/Đường truyền",
    "Doanh nghiệp viễn thông",
)
AREAS = {"hai-duong": "Thành phố Hải Dương", "gia-loc": "Huyện Gia Lộc", "tu-ky": "Huyện Tứ Kỳ"}

Values = Sequence[Any]


def row(number: int = 1, **changed: Any) -> list[Any]:
    """A good row; `changed` by the names of the columns below."""
    values = {
        "position": number,
        "name": f"Đại lý Hoa {number}",
        "owner": "Nguyễn Thị Mai",
        "certificate": f"04D80{number:05}",
        "address": f"{number} Nguyễn Trãi",
        "area": "Huyện Gia Lộc",
        "contract": f"{number}/HĐĐL",
        "signed_on": "05/02/2009",
        "line_kind": "ADSL",
        "line_number": f"0320381{number:04}",
        "telecom": "VNPT Hải Dương",
    }
    return list((values | changed).values())


def workbook(*rows: Values, above: Sequence[Values] = (), header: Values | None = HEADER) -> bytes:
    """Rows below a header, with other rows above it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for values in (*above, *([header] if header else []), *rows):
        sheet.append(values)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The workbook with one part of its archive replaced or added."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            if part.filename != name:
                after.writestr(part, before.read(part))
        after.writestr(name, data)
    return target.getvalue()


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name)
