"""The list of agents as a company would really send it: titles above, a merged header, things typed in every way.

Each workbook has one row twice and one row of a district that lies in another province.
"""

import unicodedata
from io import BytesIO

import xlsxwriter

from examples.samples.generator import SampleAgent, Samples
from examples.samples.vocabulary import FOREIGN_DISTRICT, MARK

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
LAST = len(HEADER) - 1


def workbook(samples: Samples, isp: str, month: str) -> bytes:
    """The XLSX of one ISP for a month (`2026-10`); the same bytes for the same samples."""
    agents = samples.agents_of(isp)
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"created": agents[0].contract_signed_on, "title": f"Danh sách đại lý {MARK}"})
        title = book.add_format({"bold": True, "align": "center"})
        heading = book.add_format({"bold": True, "border": 1, "text_wrap": True})
        wrapped = book.add_format({"text_wrap": True})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        zeros = book.add_format({"num_format": "0" * len(agents[0].certificate_number)})
        sheet = book.add_worksheet("Danh sách")
        sheet.merge_range(0, 0, 0, LAST, samples.company(isp).name.upper(), title)
        sheet.merge_range(1, 0, 1, LAST, f"DANH SÁCH ĐẠI LÝ INTERNET THÁNG {month[5:]}/{month[:4]}", title)
        for column, text in enumerate(HEADER):
            sheet.write_string(3, column, text, heading)
        rows = [*agents, agents[0], _abroad(agents[-1])]
        for number, agent in enumerate(rows):
            row = 4 + number
            abroad = agent.area == ""
            district = FOREIGN_DISTRICT if abroad else samples.area_names[agent.area]
            sheet.write_number(row, 0, number + 1)
            sheet.write_string(row, 1, _as_typed(agent.name, number))
            sheet.write_string(row, 2, agent.owner_name)
            if number % 3 == 1:
                sheet.write_number(row, 3, int(agent.certificate_number), zeros)
            else:
                sheet.write_string(row, 3, agent.certificate_number)
            sheet.write_string(row, 4, agent.address)
            sheet.write_string(row, 5, _district_as_typed(district, number))
            sheet.write_string(row, 6, agent.contract_number)
            if number % 2:
                sheet.write_string(row, 7, f"{agent.contract_signed_on:%d/%m/%Y}")
            else:
                sheet.write_datetime(row, 7, agent.contract_signed_on, day)
            sheet.write_string(row, 8, "\n".join(line.kind for line in agent.lines), wrapped)
            sheet.write_string(row, 9, "\n".join(line.number for line in agent.lines), wrapped)
            owners = (samples.company(line.telecom).name for line in agent.lines)
            sheet.write_string(row, 10, "\n".join(owners), wrapped)
        foot = 5 + len(rows)
        sheet.write_string(foot, 1, f"Tổng cộng: {len(rows)} đại lý")
        sheet.write_string(foot + 1, 8, f"Hải Dương, ngày 05 tháng {month[5:]} năm {month[:4]}")
        sheet.write_string(foot + 2, 8, "NGƯỜI LẬP BIỂU")
    return target.getvalue()


def _abroad(agent: SampleAgent) -> SampleAgent:
    return SampleAgent(
        isp=agent.isp,
        name=f"Đại lý Internet Bên Sông {MARK}",
        owner_name=agent.owner_name,
        certificate_number="9" + agent.certificate_number[1:],
        address="xã Thắng Thủy",
        area="",
        contract_number="PL-" + agent.contract_number,
        contract_signed_on=agent.contract_signed_on,
        lines=(),
    )


def _as_typed(text: str, number: int) -> str:
    """Every fourth name comes from a machine that writes letters and accents apart."""
    return unicodedata.normalize("NFD", text) if number % 4 == 2 else text


def _district_as_typed(name: str, number: int) -> str:
    match number % 3:
        case 1:
            return name.replace("Thành phố", "TP.").replace("Huyện ", "H. ")
        case 2:
            return name.removeprefix("Huyện ").upper()
        case _:
            return name
