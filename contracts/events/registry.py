"""Facts of the register: providers, Internet agents (đại lý Internet), their agency contracts and lines.

What a company files stands as claimed by that company; confirmation is an event of its own (requirements §2.12).
"""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.text import Code, Line, Month, Paragraphs


class ProviderRegistered(Event, type="registry.provider-registered", version=1):
    """An ISP or a telecom company (doanh nghiệp viễn thông) entered the register. kinds: `isp`, `telecom`."""

    provider_id: UUID
    code: Code
    name: Line
    kinds: tuple[Code, ...]
    licence_number: Line | None


class ApiKeyIssued(Event, type="registry.api-key-issued", version=1):
    """A company received a key. `verifier` is the HMAC-SHA256 of the key under the pepper, in hex: no secret."""

    key_id: Line
    provider_id: UUID
    verifier: Line


class ApiKeyRevoked(Event, type="registry.api-key-revoked", version=1):
    """A key no longer opens anything."""

    key_id: Line
    provider_id: UUID
    reason: Paragraphs


class ReportedLine(BaseModel):
    """A telephone number or data line as a company's list states it. kind: `adsl`, `ftth`, `leased-line`, `phone` …"""

    model_config = ConfigDict(frozen=True)

    line_id: UUID
    kind: Code
    number: Line
    telecom: Code


class AgentReportedByIsp(Event, type="registry.agent-reported-by-isp", version=1):
    """A company's monthly list names this agent as its own (HD-3b part 2): a claim, not yet a fact."""

    agent_id: UUID
    provider_id: UUID
    list_id: UUID
    month: Month
    row: int
    name: Line
    owner_name: Line
    business_certificate_number: Line | None
    address: Line
    area: Code
    contract_id: UUID
    contract_number: Line
    contract_signed_on: date | None
    lines: tuple[ReportedLine, ...]


class AgentListReceived(Event, type="registry.agent-list-received", version=1):
    """The list of agents of a monthly filing is in (HD-3b part 2); it carries no rows, only how many."""

    list_id: UUID
    provider_id: UUID
    month: Month
    sha256: Line
    good: int
    bad: int
    duplicates: int


class AgentRegistered(Event, type="registry.agent-registered", version=1):
    """An officer confirmed an agent from its papers. holder_kind: `household`, `enterprise`."""

    agent_id: UUID
    name: Line
    owner_name: Line
    holder_kind: Code
    address: Line
    area: Code
    business_certificate_number: Line | None


class AgencyContractSigned(Event, type="registry.agency-contract-signed", version=1):
    """An agent and an ISP concluded an agency contract, hợp đồng đại lý (HD-5b)."""

    contract_id: UUID
    agent_id: UUID
    provider_id: UUID
    number: Line
    signed_on: date


class ContractTerminated(Event, type="registry.contract-terminated", version=1):
    """An agency contract ended. With an order: because its execution was confirmed (HD-2.1d3)."""

    contract_id: UUID
    agent_id: UUID
    provider_id: UUID
    terminated_on: date
    order_id: UUID | None
    case_id: UUID | None


class AgentClosed(Event, type="registry.agent-closed", version=1):
    """An agent gave up its business."""

    agent_id: UUID
    closed_on: date
    reason: Paragraphs


class LineAttached(Event, type="registry.line-attached", version=1):
    """A number or line serves an agent: the ISP that uses it, the telecom company that owns it (HD-3c4)."""

    line_id: UUID
    agent_id: UUID
    kind: Code
    number: Line
    provider_id: UUID
    telecom_id: UUID


class LineCut(Event, type="registry.line-cut", version=1):
    """A number or line was cut on the DIC's request, as the telecom company that owns it confirmed (HD-3c4)."""

    line_id: UUID
    agent_id: UUID
    cut_on: date
    order_id: UUID
    case_id: UUID


class LineRestored(Event, type="registry.line-restored", version=1):
    """A line that was cut serves again, by a new decision."""

    line_id: UUID
    agent_id: UUID
    restored_on: date
    decision: Line
