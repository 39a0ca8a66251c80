"""What may be asked of the register."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Command
from contracts.text import Code, Line, Month, Paragraphs


class RegisterProvider(Command, type="registry.register-provider", version=1):
    """Enter an ISP or a telecom company into the register."""

    code: Code
    name: Line
    kinds: Annotated[tuple[Literal["isp", "telecom"], ...], Field(min_length=1, max_length=2)]
    licence_number: Line | None = None


class IssueApiKey(Command, type="registry.issue-api-key", version=1):
    """Give a company a key for the HTTP doors. The key is shown once, in the answer."""

    provider_id: UUID


class RevokeApiKey(Command, type="registry.revoke-api-key", version=1):
    """Take a key back."""

    provider_id: UUID
    key_id: Line
    reason: Paragraphs


class ListedLine(BaseModel):
    """A line in a company's list. `telecom` is the code of the company that owns it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Code
    number: Line
    telecom: Code


class ListedAgent(BaseModel):
    """One good row of a company's list; `row` is its number in the sheet, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    name: Line
    owner_name: Line
    business_certificate_number: Line | None
    address: Line
    area: Code
    contract_number: Line
    contract_signed_on: date | None
    lines: tuple[ListedLine, ...]


class RowProblem(BaseModel):
    """Why a row was not taken: its number in the sheet (from 1), the column's letter, the reason in plain words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    column: str
    reason: str


class ReportAgentList(Command, type="registry.report-agent-list", version=1):
    """File the list of a company's agents for a month (HD-3b part 2), read from its sheet."""

    provider_id: UUID
    month: Month
    sha256: Line
    rows: Annotated[tuple[ListedAgent, ...], Field(max_length=20_000)]
    problems: Annotated[tuple[RowProblem, ...], Field(max_length=20_000)]
    duplicates: int
    telecom_column: str = ""
    """The letter of the column that names the lines' owners: whether these are registered is known to the register."""


class RegisterAgent(Command, type="registry.register-agent", version=1):
    """Confirm an agent from its papers: one that a company reported (its `agent_id`), or a new one (null)."""

    agent_id: UUID | None = None
    name: Line
    owner_name: Line
    holder_kind: Literal["household", "enterprise"]
    address: Line
    area: Code
    business_certificate_number: Line | None = None


class SignAgencyContract(Command, type="registry.sign-agency-contract", version=1):
    """Enter an agency contract that an agent and an ISP signed (HD-5b)."""

    agent_id: UUID
    provider_id: UUID
    number: Line
    signed_on: date


class AttachLine(Command, type="registry.attach-line", version=1):
    """Enter the number or line that an agent uses, the ISP that serves it and the telecom company that owns it."""

    agent_id: UUID
    kind: Code
    number: Line
    provider_id: UUID
    telecom_id: UUID


class CloseAgent(Command, type="registry.close-agent", version=1):
    """Enter that an agent gave up its business."""

    agent_id: UUID
    closed_on: date
    reason: Paragraphs


class TerminateContract(Command, type="registry.terminate-contract", version=1):
    """Enter the end of a contract whose demanded termination was executed (HD-2.1d3)."""

    contract_id: UUID
    agent_id: UUID
    provider_id: UUID
    order_id: UUID
    case_id: UUID
    terminated_on: date


class CutLine(Command, type="registry.cut-line", version=1):
    """Enter the cut of a line that its owner confirmed (HD-3c4)."""

    line_id: UUID
    agent_id: UUID
    order_id: UUID
    case_id: UUID
    cut_on: date
