"""Papers are the same paper however they are typed."""

import unicodedata
from uuid import uuid4

import pytest

from services.registry.domain.natural_keys import agent_id, contract_id, line_id, slug

ISP = uuid4()


@pytest.mark.parametrize("written", ["04D8000123", "04d8 000 123", "4D8000123", "\u00a004D8000123 "])
def test_a_certificate_is_one_however_it_is_typed(written):
    expected = agent_id("hai-duong", "04D8000123", "net", "Hoa", "1 Trần Phú")
    assert expected == agent_id("hai-duong", written, "another", "Hoà", "elsewhere")


def test_an_agent_without_certificate_is_known_by_name_and_address():
    expected = agent_id("hai-duong", None, "net", "Đại lý Hoa", "1 Trần Phú")
    assert expected == agent_id("hai-duong", None, "net", "ĐẠI LÝ  hoa", unicodedata.normalize("NFD", "1 Trần Phú"))
    assert expected != agent_id("hai-duong", None, "net", "Đại lý Hoà", "1 Trần Phú")
    assert expected != agent_id("hai-duong", None, "other", "Đại lý Hoa", "1 Trần Phú")
    assert expected != agent_id("long-an", None, "net", "Đại lý Hoa", "1 Trần Phú")


def test_a_contract_number_counts_within_its_company():
    assert contract_id(ISP, "12/HĐĐL") == contract_id(ISP, "12/hđđl ")
    assert contract_id(ISP, "12/HĐĐL") != contract_id(uuid4(), "12/HĐĐL")


@pytest.mark.parametrize("written", ["(0320) 3.812-345", "0320 3812345", "3203812345"])
def test_a_line_is_one_however_it_is_typed(written):
    assert line_id("vnpt", "03203812345") == line_id("vnpt", written)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("VNPT Hải Dương", "vnpt-hai-duong"),
        ("Công ty CP Viễn thông ĐỒNG BẰNG (mẫu)", "cong-ty-cp-vien-thong-dong-bang-mau"),
        (unicodedata.normalize("NFD", "Đường truyền"), "duong-truyen"),
        ("…", ""),
    ],
)
def test_a_name_as_a_code(name, code):
    assert code == slug(name)
