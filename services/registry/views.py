"""What the doors of the register answer, and what its lists may be narrowed to."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.commands.registry import RowProblem
from contracts.text import Code

Kind = Literal["isp", "telecom"]


class ProviderEntered(BaseModel):
    provider_id: UUID


class KeyIssued(BaseModel):
    """`api_key` is shown here and nowhere else; the same request repeated shows it again."""

    provider_id: UUID
    key_id: str
    api_key: str


class KeyRevoked(BaseModel):
    provider_id: UUID
    key_id: str


class AgentEntered(BaseModel):
    agent_id: UUID


class ContractEntered(BaseModel):
    agent_id: UUID
    contract_id: UUID


class LineEntered(BaseModel):
    agent_id: UUID
    line_id: UUID


class ListTaken(BaseModel):
    """How the list fared. `good` rows stand; `bad` ones do not, `problems` says why; `duplicates` counted once."""

    list_id: UUID
    provider_id: UUID
    month: str
    sha256: str
    good: int
    bad: int
    duplicates: int
    problems: tuple[RowProblem, ...]


class ProviderFilter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | None = None


class ProviderView(BaseModel):
    """A company. `version` is what `If-Match` takes."""

    provider_id: UUID
    version: int
    code: str
    name: str
    kinds: tuple[Kind, ...]
    licence_number: str | None


class ContractView(BaseModel):
    """An agency contract. `claimed`: only a company's list names it, that of `claimed_month`."""

    contract_id: UUID
    provider_id: UUID
    number: str
    state: Literal["claimed", "signed", "terminated"]
    signed_on: date | None
    claimed_month: str | None
    terminated_on: date | None
    order_id: UUID | None


class LineView(BaseModel):
    """A number or line. `claimed`: only a company's list names it. `provider_id` uses it, `telecom_id` owns it."""

    line_id: UUID
    kind: str | None
    number: str | None
    provider_id: UUID | None
    telecom_id: UUID | None
    state: Literal["claimed", "serving", "cut"]
    claimed_month: str | None
    cut_on: date | None
    order_id: UUID | None


class AgentFilter(BaseModel):
    """`q`: words of the name, owner, address or certificate; accents and capitals do not count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: Code | None = None
    state: Literal["reported", "registered", "closed"] | None = None
    provider_id: UUID | None = None
    q: Annotated[str, Field(max_length=200)] = ""


class AgentView(BaseModel):
    """An agent with its contracts and lines. `reported`: unconfirmed, as the company `reported_by` claims it."""

    agent_id: UUID
    version: int
    state: Literal["reported", "registered", "closed"]
    name: str
    owner_name: str
    holder_kind: Literal["household", "enterprise"] | None
    business_certificate_number: str | None
    address: str
    area: str
    reported_by: UUID | None
    reported_month: str | None
    closed_on: date | None
    contracts: tuple[ContractView, ...]
    lines: tuple[LineView, ...]


class AgentListView(BaseModel):
    """A list that was filed. `corrected_by`: a later list of the same company and month."""

    list_id: UUID
    provider_id: UUID
    month: str
    sha256: str
    good: int
    bad: int
    duplicates: int
    received_at: datetime
    corrected_by: UUID | None
