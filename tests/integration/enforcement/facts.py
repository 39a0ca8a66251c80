"""Facts of the register and of inspections about one shop, as they come over the bus."""

from datetime import date
from uuid import UUID, uuid4

from contracts.events.inspection import ViolationFound
from contracts.events.registry import (
    AgencyContractSigned,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    LineAttached,
    LineCut,
    ReportedLine,
)

DAY = date(2026, 11, 5)


def registered(agent_id: UUID, area: str = "nam-sach") -> AgentRegistered:
    return AgentRegistered(
        agent_id=agent_id,
        name="Đại lý Minh Anh",
        owner_name="Nguyễn Văn Minh",
        holder_kind="household",
        address="12 phố Thanh Lâm, thị trấn Nam Sách",
        area=area,
        business_certificate_number="04A8001234",
    )


def signed(agent_id: UUID, provider_id: UUID) -> AgencyContractSigned:
    contract_id = uuid4()
    number = f"HĐ-{contract_id.hex[:6]}"
    return AgencyContractSigned(
        contract_id=contract_id, agent_id=agent_id, provider_id=provider_id, number=number, signed_on=DAY
    )


def claimed(agent_id: UUID, provider_id: UUID, *lines: ReportedLine) -> AgentReportedByIsp:
    contract_id = uuid4()
    return AgentReportedByIsp(
        agent_id=agent_id,
        provider_id=provider_id,
        list_id=uuid4(),
        month="2026-10",
        row=2,
        name="Net Minh Anh",
        owner_name="Nguyễn Văn Minh",
        business_certificate_number=None,
        address="12 phố Thanh Lâm",
        area="nam-sach",
        contract_id=contract_id,
        contract_number=f"KK-{contract_id.hex[:6]}",
        contract_signed_on=None,
        lines=lines,
    )


def ended(contract: AgencyContractSigned) -> ContractTerminated:
    """Without an order: by the two parties themselves."""
    return ContractTerminated(
        contract_id=contract.contract_id,
        agent_id=contract.agent_id,
        provider_id=contract.provider_id,
        terminated_on=DAY,
        order_id=None,
        case_id=None,
    )


def line_of(agent_id: UUID, provider_id: UUID, telecom_id: UUID) -> LineAttached:
    line_id = uuid4()
    number = f"0220-{line_id.hex[:7]}"
    return LineAttached(
        line_id=line_id, agent_id=agent_id, kind="adsl", number=number, provider_id=provider_id, telecom_id=telecom_id
    )


def confirmed_cut(line: LineAttached, order_id: UUID, case_id: UUID) -> LineCut:
    return LineCut(line_id=line.line_id, agent_id=line.agent_id, cut_on=DAY, order_id=order_id, case_id=case_id)


def violation(agent_id: UUID, *, information_security: bool = False, area: str = "nam-sach") -> ViolationFound:
    return ViolationFound(
        violation_id=uuid4(),
        inspection_id=uuid4(),
        target_kind="agent",
        target_id=agent_id,
        area=area,
        category="information-security" if information_security else "agent-breach",
        provision="HD-5b",
        empowered_by="HD-2.3c1",
        information_security=information_security,
        found_by="ppd",
        found_on=DAY,
        description="Không có hợp đồng đại lý",
    )
