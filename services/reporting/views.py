"""What the doors of reporting answer, and what its lists may be narrowed to."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.text import ClauseId, Code, Line, Month
from law.models import Cadence, Name

DutyState = Literal["assigned", "reported", "overdue"]


class AgentsOfArea(BaseModel):
    """state: `reported` (a company claims it), `registered`, `closed`."""

    area: str
    area_name: str
    state: str
    agents: int


class ViolationsOfKind(BaseModel):
    """`provision` was breached, `empowered_by` had the finder there."""

    provision: str
    empowered_by: str
    category: str
    violations: int


class OrdersOfKind(BaseModel):
    """outcome: `waiting`, `overdue`, `objected`, `executed`, `already-closed`, `withdrawn`."""

    kind: str
    outcome: str
    orders: int


class DutiesOfState(BaseModel):
    state: DutyState
    duties: int


class Cases(BaseModel):
    open: int
    closed: int


class Summary(BaseModel):
    """What stands at `as_of` (with the offset of Asia/Ho_Chi_Minh), as far as the facts of each service had been read:
    `positions` has the last position of its log. `sample` marks data that the generator of samples made."""

    scope: str
    province: str
    as_of: datetime
    positions: dict[str, int]
    sample: bool
    agents: list[AgentsOfArea]
    contracts: dict[str, int]
    lines: dict[str, int]
    violations: list[ViolationsOfKind]
    orders: list[OrdersOfKind]
    orders_overdue: int
    cases: Cases
    duties: list[DutiesOfState]


class SummaryMade(BaseModel):
    """`sha256` is of the JSON text that `GET /summaries/{summary_id}` answers byte for byte."""

    summary_id: UUID
    sha256: str


class SummaryView(BaseModel):
    summary_id: UUID
    title: str
    as_of: datetime
    sha256: str


class DutyView(BaseModel):
    """A duty with its holder's name and state; `requested`: followed, never overdue."""

    duty_id: UUID
    key: str
    instrument_id: str
    clause: str
    holder: str
    holder_name: Name
    role: str
    state: DutyState
    requested: bool
    last_month: Month | None
    last_done_on: date | None


class DutyFilter(BaseModel):
    """What the list of duties may be narrowed to. `holder`: an agency's code, a company's id, a class."""

    holder: Line | None = None
    clause: ClauseId | None = None
    state: DutyState | None = None


class FilingView(BaseModel):
    """A part of a company's monthly filing: the list that counts, with its good and bad rows."""

    filing_id: UUID
    part: str
    provider_id: UUID
    provider_name: str | None
    month: Month
    list_id: UUID
    good: int
    bad: int
    received_at: datetime


class FilingFilter(BaseModel):
    provider_id: UUID | None = None
    month: Month | None = None


class HolderView(BaseModel):
    """A body's part in a clause: `kind` says whether it is a duty or a power; `partners` are with whom."""

    body: str
    name: Name
    role: str | None
    kind: str
    verb: str | None
    partners: list[str]


class ClauseView(BaseModel):
    """A clause: its passage (`text`), our English of it (`gloss`, never law), who holds it, what fulfils it, and its
    rows in the register of duties."""

    clause: str
    instrument_id: str
    place: str
    text: str
    gloss: str
    kind: str | None
    holders: list[HolderView]
    fulfilled_by: list[str]
    recorded_by: list[str]
    services: list[str]
    cadence: Cadence | None
    requested: bool
    note: str | None
    duties: list[DutyView]


class InstrumentView(BaseModel):
    """An instrument that applies here; `valid_from` is null where the start is not known."""

    instrument_id: str
    title: str
    issuer: str
    number: str | None
    valid_from: date | None
    clauses: int
    registered_at: datetime


class Instruments(BaseModel):
    items: list[InstrumentView]


class FactView(BaseModel):
    """A fact of any service: when it happened (`occurred_at`), when the system learnt of it (`sequenced_at`)."""

    event_id: UUID
    source: str
    epoch: int
    position: int
    type: str
    stream_id: UUID
    stream_version: int
    occurred_at: datetime
    sequenced_at: datetime
    actor: str
    agency: str | None
    clause: str | None
    correlation_id: UUID
    data: dict[str, Any]


class FactFilter(BaseModel):
    """`ref`: an id that stands anywhere in the fact."""

    type: str | None = Field(None, pattern=r"^[a-z]+\.[a-z0-9-]+$", max_length=80)
    source: Code | None = None
    stream_id: UUID | None = None
    ref: UUID | None = None
    correlation_id: UUID | None = None


class ToldFact(FactView):
    """A fact with its line in plain words."""

    said: Name


class Timeline(BaseModel):
    """Everything that belongs to a case, over all services, in the order in which it became known."""

    case_id: UUID
    facts: list[ToldFact]
