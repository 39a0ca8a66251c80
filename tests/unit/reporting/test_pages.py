"""The page of a summary: Vietnamese, self-contained, says what is sample, escapes what people wrote."""

from typing import Any

import pytest

from services.reporting.pages import page
from tests.unit.reporting.facts import LAW


def summary(**members: Any) -> dict[str, Any]:
    return {
        "scope": "hai-duong",
        "province": "Hải Dương",
        "as_of": "2009-11-30T17:00:00Z",
        "positions": {"enforcement": 31, "registry": 120},
        "sample": False,
        "agents": [{"area": "nam-sach", "area_name": "Huyện Nam Sách", "state": "registered", "agents": 3}],
        "contracts": {"terminated": 1},
        "lines": {"cut": 2},
        "violations": [{"provision": "HD-5b", "empowered_by": "HD-2.3c1", "category": "agent-breach", "violations": 4}],
        "orders": [{"kind": "line-cut", "outcome": "overdue", "orders": 1}],
        "orders_overdue": 1,
        "cases": {"open": 1, "closed": 2},
        "duties": [{"state": "assigned", "duties": 162}],
        **members,
    }


@pytest.mark.clause("HD-7")
def test_the_page_shows_totals_time_and_positions():
    text = page("Báo cáo tổng hợp", summary(), LAW, "ab" * 32).decode()
    for expected in (
        "số liệu đến 00:00:00, ngày 01 tháng 12 năm 2009 (giờ Việt Nam)",
        '<td>Huyện Nam Sách</td><td>Đã đăng ký</td><td class="n">3</td>',
        f"HD-5b ({LAW.clause('HD-5b').place})",
        '<td>Cắt đường truyền</td><td>Quá hạn</td><td class="n">1</td>',
        "Xử lý vi phạm 31; Sổ đăng ký 120.",
        "ab" * 32,
        "@media print",
    ):
        assert expected in text


def test_the_page_needs_nothing_from_elsewhere():
    text = page("Báo cáo", summary(), LAW).decode()
    assert not any(word in text for word in ("http:", "https:", "src=", "<script", "@import", "url("))


def test_sample_data_is_called_sample():
    assert "SỐ LIỆU MẪU" in page("Báo cáo", summary(sample=True), LAW).decode()
    assert "SỐ LIỆU MẪU" not in page("Báo cáo", summary(), LAW).decode()


def test_what_people_wrote_is_escaped():
    text = page("<b>Báo cáo</b>", summary(province="<script>"), LAW).decode()
    assert "<b>" not in text
    assert "<script" not in text
