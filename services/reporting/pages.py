"""A summary as a page for people: Vietnamese, one file that needs nothing from elsewhere, ready for printing."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from law.clauses import Law, Unknown
from services.reporting.metrics import GENERATION

TITLE = "Báo cáo tổng hợp"

SAID: Mapping[str, str] = {
    "reported": "Doanh nghiệp báo cáo, chưa xác nhận",
    "registered": "Đã đăng ký",
    "closed": "Đã ngừng hoạt động",
    "signed": "Đang có hiệu lực",
    "terminated": "Đã chấm dứt",
    "in-use": "Đang hoạt động",
    "cut": "Đã cắt",
    "contract-termination": "Chấm dứt hợp đồng đại lý",
    "line-cut": "Cắt đường truyền",
    "line-cut-arrangement": "Phối hợp việc cắt đường truyền",
    "waiting": "Chờ kết quả",
    "overdue": "Quá hạn",
    "objected": "Có ý kiến phản đối, chờ quyết định",
    "objection-upheld": "Ý kiến phản đối được chấp nhận",
    "executed": "Đã thực hiện",
    "already-closed": "Đã ngừng từ trước",
    "withdrawn": "Đã rút lại",
}
"""Codes in a summary, as people say them."""

DUTIES: Mapping[str, str] = {
    "assigned": "Đã giao, chưa có kết quả",
    "reported": "Đã có kết quả",
    "overdue": "Quá hạn",
}
SERVICES: Mapping[str, str] = {
    "registry": "Sổ đăng ký",
    "inspection": "Thanh tra, kiểm tra",
    "enforcement": "Xử lý vi phạm",
    "reporting": "Báo cáo",
    "notify": "Thông báo",
}

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(title: str, summary: Mapping[str, Any], law: Law, sha256: str | None = None) -> bytes:
    """`summary` has the members of `views.Summary` as JSON gives them; `sha256` that of a summary that was kept."""
    with GENERATION.labels("summary", "html").time():
        as_of = datetime.fromisoformat(summary["as_of"]).astimezone(law.calendar.zone)
        text = _PAGES.get_template("summary.html").render(
            title=title,
            summary=summary,
            as_of=f"{as_of:%H:%M:%S}, ngày {as_of:%d} tháng {as_of:%m} năm {as_of:%Y}",
            sha256=sha256,
            said=lambda code: SAID.get(code, code),
            duty_said=lambda state: DUTIES.get(state, state),
            service=lambda name: SERVICES.get(name, name),
            category=lambda code: _category(law, code),
            place=lambda provision: _place(law, provision),
        )
    return text.encode()


def _category(law: Law, code: str) -> str:
    found = law.violation_categories.get(code)
    kind = law.violation_types.get(code)
    if found is not None:
        return found.name.vi
    return kind.name.vi if kind is not None else code


def _place(law: Law, provision: str) -> str:
    """Where a clause stands in its text; nothing for a provision of an instrument that is not loaded."""
    try:
        return law.clause(provision).place
    except Unknown:
        return ""
