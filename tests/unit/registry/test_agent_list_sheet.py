"""A company's list, typed in every way companies type, is read row by row; what cannot be read is named by its cell."""

import unicodedata
from datetime import date, datetime

import openpyxl
import pytest

from contracts.commands.registry import ListedLine, RowProblem
from examples.samples.generator import generate
from examples.samples.workbook import workbook as sample_workbook
from services.registry.domain import errors
from services.registry.sheets.agent_list import read_agent_list
from tests.unit.registry.sheets import AREAS, HEADER, row, saved, workbook

pytestmark = pytest.mark.clause("HD-3b")


def read(*rows, **surroundings):
    return read_agent_list(workbook(*rows, **surroundings), AREAS)


def only(sheet):
    assert sheet.problems == ()
    (listed,) = sheet.rows
    return listed


def problem(sheet):
    assert sheet.rows == ()
    (found,) = sheet.problems
    return found


def test_a_good_row_is_read_in_full():
    listed = only(read(row(7)))
    assert (listed.row, listed.name, listed.owner_name) == (2, "Đại lý Hoa 7", "Nguyễn Thị Mai")
    assert (listed.business_certificate_number, listed.address, listed.area) == (
        "04D8000007",
        "7 Nguyễn Trãi",
        "gia-loc",
    )
    assert (listed.contract_number, listed.contract_signed_on) == ("7/HĐĐL", date(2009, 2, 5))
    assert listed.lines == (ListedLine(kind="adsl", number="03203810007", telecom="vnpt-hai-duong"),)


def test_the_sample_list_has_one_duplicate_and_one_bad_row():
    samples = generate(52)
    sheet = read_agent_list(sample_workbook(samples, "mau-con-son", "2026-10"), samples.area_names)
    expected = samples.agents_of("mau-con-son")
    assert [(agent.name, agent.certificate_number, agent.area) for agent in expected] == [
        (listed.name, listed.business_certificate_number, listed.area) for listed in sheet.rows
    ]
    assert [agent.contract_signed_on for agent in expected] == [listed.contract_signed_on for listed in sheet.rows]
    assert [len(agent.lines) for agent in expected] == [len(listed.lines) for listed in sheet.rows]
    assert sheet.duplicates == 1
    (bad,) = sheet.problems
    assert (bad.row, bad.column) == (18, "F")
    assert "Vĩnh Bảo" in bad.reason


def test_titles_above_the_header_are_passed_over():
    listed = only(read(row(), above=[["CÔNG TY INTERNET HUYỆN GIA LỘC"], ["DANH SÁCH ĐẠI LÝ CÁC HUYỆN"], []]))
    assert listed.row == 5


def test_columns_may_stand_in_another_order_and_carry_other_words():
    header = [
        "TT",
        "Số HĐ",
        "Họ và tên chủ đại lý",
        "TÊN ĐIỂM TRUY NHẬP",
        "Địa chỉ lắp đặt",
        "Địa bàn (huyện)",
        "Ghi chú",
    ]
    listed = only(read([1, "7/HĐ", "Lê An", "Điểm Hoa", "1 Trần Phú", "TP.Hải Dương", "x"], header=header))
    assert (listed.name, listed.owner_name, listed.contract_number) == ("Điểm Hoa", "Lê An", "7/HĐ")
    assert (listed.area, listed.lines, listed.business_certificate_number) == ("hai-duong", (), None)


def test_a_header_of_two_rows_under_a_merged_title_is_read():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([*HEADER[:8], "Đường truyền", None, None])
    sheet.append([None] * 8 + ["Loại", "Số thuê bao", "Doanh nghiệp viễn thông"])
    sheet.merge_cells("I1:K1")
    for column in "ABCDEFGH":
        sheet.merge_cells(f"{column}1:{column}2")
    sheet.append(row(3))
    listed = only(read_agent_list(saved(book), AREAS))
    assert listed.row == 3
    assert listed.lines == (ListedLine(kind="adsl", number="03203810003", telecom="vnpt-hai-duong"),)


def test_the_list_may_stand_on_the_second_sheet():
    book = openpyxl.Workbook()
    book.active.append(["Kính gửi Sở Thông tin và Truyền thông"])
    sheet = book.create_sheet("Danh sách")
    for values in (HEADER, row()):
        sheet.append(values)
    assert only(read_agent_list(saved(book), AREAS)).row == 2


def test_decomposed_vietnamese_is_stored_composed():
    listed = only(read([unicodedata.normalize("NFD", v) if isinstance(v, str) else v for v in row()]))
    assert (listed.name, listed.area) == ("Đại lý Hoa 1", "gia-loc")
    assert unicodedata.is_normalized("NFC", listed.name + listed.owner_name + listed.address)


@pytest.mark.parametrize(
    "written",
    [
        datetime(2009, 2, 5),  # noqa: DTZ001 Excel knows no zones
        "05/02/2009",
        "5-2-2009",
        "5.2.2009",
        "2009-02-05",
        "ngày 05 tháng 02 năm 2009",
        39849,
    ],
)
def test_a_date_is_read_however_it_is_typed(written):
    assert only(read(row(signed_on=written))).contract_signed_on == date(2009, 2, 5)


def test_a_date_may_be_missing():
    assert only(read(row(signed_on=None))).contract_signed_on is None


@pytest.mark.parametrize("written", ["31/02/2009", "02/2009", "hôm qua"])
def test_a_date_that_is_none_is_named(written):
    found = problem(read(row(signed_on=written)))
    assert (found.row, found.column) == (2, "H")
    assert written in found.reason


def test_numbers_keep_the_zeros_that_the_sheet_shows():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER)
    sheet.append(row(certificate=800123456, line_number=3203812345.0))
    sheet["D2"].number_format = "0000000000"
    listed = only(read_agent_list(saved(book), AREAS))
    assert listed.business_certificate_number == "0800123456"
    assert listed.lines[0].number == "3203812345"


def test_several_lines_stand_in_one_cell():
    listed = only(read(row(line_number="0320111\n0320222; 0320333", line_kind="ADSL", telecom="VNPT\nViettel\nVNPT")))
    assert [(line.kind, line.number, line.telecom) for line in listed.lines] == [
        ("adsl", "0320111", "vnpt"),
        ("adsl", "0320222", "viettel"),
        ("adsl", "0320333", "vnpt"),
    ]


def test_two_owners_for_three_lines_are_a_problem():
    found = problem(read(row(line_number="0320111\n0320222\n0320333", telecom="VNPT\nViettel")))
    assert (found.row, found.column) == (2, "K")
    assert "2 entries for 3 lines" in found.reason


@pytest.mark.parametrize(
    ("written", "kind"),
    [("ADSL", "adsl"), ("Cáp quang", "ftth"), ("Kênh thuê riêng", "leased-line"), ("Wimax", "wimax")],
)
def test_the_kind_of_a_line_becomes_a_code(written, kind):
    assert only(read(row(line_kind=written))).lines[0].kind == kind


@pytest.mark.parametrize("written", ["Huyện Gia Lộc", "GIA LỘC", "H.Gia Lộc", "gia lộc ", "gia-loc", "Gia  Loc"])
def test_a_district_is_found_however_it_is_typed(written):
    assert only(read(row(area=written))).area == "gia-loc"


def test_a_district_of_another_province_is_a_problem():
    expected = RowProblem(row=2, column="F", reason='"Huyện Vĩnh Bảo" is no district or town of this province')
    assert problem(read(row(area="Huyện Vĩnh Bảo"))) == expected


def test_each_empty_cell_that_is_needed_is_named():
    sheet = read(row(name=None, owner=" ", address="", contract=None, area=None))
    assert [found.column for found in sheet.problems] == ["B", "C", "E", "G", "F"]
    assert all("is empty" in found.reason for found in sheet.problems)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("B", {"name": "Đại lý\u200b Hoa"}, "U+200B"),
        ("C", {"owner": "\u202eiaM"}, "U+202E"),
        ("E", {"address": "x" * 501}, "501 characters"),
        ("G", {"contract": "#REF!"}, "#REF!"),
        ("D", {"certificate": True}, "TRUE or FALSE"),
        ("K", {"telecom": "…"}, "no company's name"),
        ("K", {"telecom": None}, "0 entries for 1 lines"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(column, values, said):
    found = problem(read(row(**values)))
    assert (found.row, found.column) == (2, column)
    assert said in found.reason


def test_blanks_and_line_ends_within_a_text_become_one_blank():
    assert only(read(row(name="  Đại lý\u00a0\n Hoa "))).name == "Đại lý Hoa"


def test_the_good_rows_around_a_bad_one_are_kept():
    sheet = read(row(1), row(2, area="Nowhere"), row(3))
    assert ([listed.row for listed in sheet.rows], [found.row for found in sheet.problems]) == ([2, 4], [3])


def test_a_row_that_stands_twice_counts_once():
    sheet = read(row(1), row(2), row(1, name="ĐẠI LÝ HOA 1"))
    assert (len(sheet.rows), sheet.duplicates, sheet.problems) == (2, 1, ())


@pytest.mark.parametrize(
    ("second", "column", "said"),
    [
        ({"certificate": "04D8000001"}, "D", "row 2 lists this agent already"),
        ({"contract": "1/hđđl"}, "G", "stands in row 2 already"),
        ({"line_number": "0320.3810001"}, "J", "stands in row 2 already"),
    ],
)
def test_a_row_that_contradicts_an_earlier_one_is_a_problem(second, column, said):
    sheet = read(row(1), row(2, **second))
    (found,) = sheet.problems
    assert (found.row, found.column) == (3, column)
    assert said in found.reason


def test_totals_and_signatures_below_are_no_agents():
    sheet = read(row(), [None, "Tổng cộng: 1 đại lý"], [], [None] * 8 + ["NGƯỜI LẬP BIỂU"])
    assert (len(sheet.rows), sheet.problems) == (1, ())


def test_a_numbered_row_with_nothing_else_is_a_bad_row():
    sheet = read(row(1), [2, "Đại lý Hoa"])
    assert {3} == {found.row for found in sheet.problems}


def test_a_missing_column_is_named():
    with pytest.raises(errors.HeaderNotFound, match="Số hợp đồng") as raised:
        read(row(), header=[*HEADER[:6], "Ghi chú", *HEADER[7:]])
    assert raised.value.members == {"row": 1, "columns": ["Số hợp đồng"]}


def test_a_workbook_without_a_header_is_refused():
    with pytest.raises(errors.HeaderNotFound, match="Tên đại lý"):
        read(row(), header=None)


def test_a_header_without_rows_is_refused():
    with pytest.raises(errors.ListIsEmpty):
        read()


def test_the_columns_letter_of_the_owners_is_told():
    assert read(row()).telecom_column == "K"
