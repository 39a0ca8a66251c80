"""Ids and facts the register's unit tests speak of."""

from datetime import date
from uuid import UUID

from contracts.commands.registry import (
    AttachLine,
    CloseAgent,
    CutLine,
    ListedAgent,
    RegisterAgent,
    SignAgencyContract,
    TerminateContract,
)
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    LineAttached,
    LineCut,
    ReportedLine,
)

AGENT = UUID("00000000-0000-4000-8000-00000000a9e1")
OTHER_AGENT = UUID("00000000-0000-4000-8000-00000000a9e2")
ISP = UUID("00000000-0000-4000-8000-000000000151")
OTHER_ISP = UUID("00000000-0000-4000-8000-000000000152")
TELECOM = UUID("00000000-0000-4000-8000-0000000007e1")
CONTRACT = UUID("00000000-0000-4000-8000-0000000000c1")
LINE = UUID("00000000-0000-4000-8000-0000000000d1")
LIST = UUID("00000000-0000-4000-8000-000000000117")
ORDER = UUID("00000000-0000-4000-8000-00000000000d")
CASE = UUID("00000000-0000-4000-8000-0000000000ca")

TODAY = date(2026, 11, 20)
YESTERDAY = date(2026, 11, 19)
TOMORROW = date(2026, 11, 21)
AREAS = frozenset({"hai-duong", "gia-loc"})

ROW = ListedAgent(
    row=5,
    name="Đại lý Internet Hoa Mai (mẫu)",
    owner_name="Nguyễn Thị Mai",
    business_certificate_number="04D8000123",
    address="12 phố Nguyễn Trãi",
    area="hai-duong",
    contract_number="12/HĐĐL",
    contract_signed_on=date(2009, 2, 5),
    lines=(),
)

REPORTED = AgentReportedByIsp(
    agent_id=AGENT,
    provider_id=ISP,
    list_id=LIST,
    month="2026-10",
    row=5,
    name=ROW.name,
    owner_name=ROW.owner_name,
    business_certificate_number=ROW.business_certificate_number,
    address=ROW.address,
    area=ROW.area,
    contract_id=CONTRACT,
    contract_number=ROW.contract_number,
    contract_signed_on=ROW.contract_signed_on,
    lines=(ReportedLine(line_id=LINE, kind="adsl", number="03203812345", telecom="vnpt-hai-duong"),),
)
REGISTERED = AgentRegistered(
    agent_id=AGENT,
    name=ROW.name,
    owner_name=ROW.owner_name,
    holder_kind="household",
    address=ROW.address,
    area=ROW.area,
    business_certificate_number=ROW.business_certificate_number,
)
CLOSED = AgentClosed(agent_id=AGENT, closed_on=YESTERDAY, reason="Nghỉ kinh doanh")
SIGNED = AgencyContractSigned(
    contract_id=CONTRACT, agent_id=AGENT, provider_id=ISP, number="12/HĐĐL", signed_on=date(2009, 2, 5)
)
TERMINATED = ContractTerminated(
    contract_id=CONTRACT, agent_id=AGENT, provider_id=ISP, terminated_on=YESTERDAY, order_id=ORDER, case_id=CASE
)
ATTACHED = LineAttached(
    line_id=LINE, agent_id=AGENT, kind="adsl", number="03203812345", provider_id=ISP, telecom_id=TELECOM
)
CUT = LineCut(line_id=LINE, agent_id=AGENT, cut_on=YESTERDAY, order_id=ORDER, case_id=CASE)

REGISTER = RegisterAgent(
    agent_id=AGENT,
    name=ROW.name,
    owner_name=ROW.owner_name,
    holder_kind="household",
    address=ROW.address,
    area=ROW.area,
    business_certificate_number=ROW.business_certificate_number,
)
SIGN = SignAgencyContract(agent_id=AGENT, provider_id=ISP, number="12/HĐĐL", signed_on=date(2009, 2, 5))
TERMINATE = TerminateContract(
    contract_id=CONTRACT, agent_id=AGENT, provider_id=ISP, order_id=ORDER, case_id=CASE, terminated_on=YESTERDAY
)
CLOSE = CloseAgent(agent_id=AGENT, closed_on=YESTERDAY, reason="Nghỉ kinh doanh")
ATTACH = AttachLine(agent_id=AGENT, kind="adsl", number="03203812345", provider_id=ISP, telecom_id=TELECOM)
CUT_IT = CutLine(line_id=LINE, agent_id=AGENT, order_id=ORDER, case_id=CASE, cut_on=YESTERDAY)
