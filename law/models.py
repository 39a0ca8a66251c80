"""The rows of the law's data: frozen, and strict about every field.

A clause is held by *bodies* (`law/bodies.yaml`): `dic`, or `dpc`, which stands for one agency a district, or `isp`,
which stands for every registered company, or a class such as `agt`. An *agency* is a body in one province.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["L", "C", "A", "G", "D", "T", "M", "O", "Q", "P", "R", "F", "E"]
"""Leads, cooperates, advises, guides, directs, trains, mobilises, own obligation, requires, proposes, requested only,
follows up, decides (chủ trì, phối hợp, tham mưu, hướng dẫn, chỉ đạo, tập huấn, vận động, tự thực hiện, yêu cầu,
đề nghị, được đề nghị, đôn đốc, quyết định)."""
Kind = Literal["recital", "formal", "principle", "duty", "power"]
Verb = Literal["require", "propose", "decide", "request"]
"""The four verbs of power: yêu cầu, đề nghị (đề xuất), quyết định, đề nghị một đoàn thể (LA-9)."""
Service = Literal["registry", "inspection", "enforcement", "reporting", "notify", "law"]
BodyKind = Literal["agency", "district", "ministry", "companies", "class"]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
EventType = Annotated[str, Field(pattern=r"^(registry|inspection|enforcement|reporting|notify)\.[a-z0-9-]+$")]

POWER_ROLES: frozenset[str] = frozenset({"E", "Q"})
DUTY_KIND = "duty"
INFORMATION_SECURITY = "information-security"
"""The category that carries the flag "breach of information-security law" (HD-2.3d)."""


class Row(BaseModel):
    """Frozen, and an unknown field is an error: data that we would lose was meant to say something."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Name(Row):
    """A thing's name for people, in both languages."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.vi


class Sourced(Row):
    """A fact with where it comes from; `verified` only when it was read in the text itself."""

    source: str
    verified: bool


class Body(Row):
    """Who can hold a clause. `kind` says how many rows one of its duties has (requirements §1)."""

    id: Code
    kind: BodyKind
    name: Name


class Holder(Row):
    """One body's part in a clause. `partners` are those it is to do it with or towards (`with:` in the data)."""

    agency: Code
    role: Role | None = None
    kind: Kind
    verb: Verb | None = None
    partners: tuple[Code, ...] = Field(default=(), alias="with")

    @model_validator(mode="after")
    def _power_has_a_verb(self) -> "Holder":
        if self.kind == "power" and self.verb is None:
            raise ValueError(f"role {self.role} of '{self.agency}' is a power and needs its verb")
        return self


class Cadence(Sourced):
    """How often a duty falls due. `before_day`: the day of the following month by which it must have been done,
    that day itself being too late; without it the last day of the period is the last day."""

    every: Literal["month", "quarter", "half-year", "year"]
    before_day: int | None = Field(default=None, ge=2, le=28)
    words: str
    """The words of the text it stands for: "Hàng tháng", "định kỳ"."""


class Clause(Row):
    """One clause (khoản, điểm, ý). `text` is the passage itself, `gloss` our English of it, never law."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Za-z0-9.]+$")]
    place: str
    text: str
    gloss: str
    kind: Literal["recital", "formal", "principle"] | None = None
    holders: tuple[Holder, ...] = ()
    fulfilled_by: tuple[EventType, ...] = ()
    """Events by which a holder does what it owes or may; `recorded_by`: the others in which the clause shows."""
    recorded_by: tuple[EventType, ...] = ()
    services: tuple[Service, ...] = Field(min_length=1)
    cadence: Cadence | None = None
    effective_days_after_signing: int | None = Field(default=None, ge=0)
    readers: tuple[Code, ...] = ()
    """Who alone may read what is recorded under the clause; empty: no restriction."""
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_of_each_holder(cls, data: Any) -> Any:
        """The rule of requirements §1; the two proposals that are powers say `kind: power` themselves."""
        if not isinstance(data, dict) or not isinstance(data.get("holders", []), list):
            return data
        holders = [
            _with_kind(one, data.get("kind")) if isinstance(one, dict) else one for one in data.get("holders", [])
        ]
        return {**data, "holders": holders}

    @model_validator(mode="after")
    def _a_duty_has_a_role(self) -> "Clause":
        for holder in self.holders:
            if holder.role is None and self.kind is None:
                raise ValueError(f"'{holder.agency}' has no role in {self.id}")
            if holder.kind == "power" and holder.role not in POWER_ROLES | {"P"}:
                raise ValueError(f"role {holder.role} of '{holder.agency}' is never a power")
        return self

    @property
    def requested(self) -> bool:
        """Only requested (LA-9): tracked, never overdue."""
        return any(holder.role == "R" for holder in self.holders)


def _with_kind(holder: dict[str, Any], special: str | None) -> dict[str, Any]:
    if special is not None:
        return {**holder, "kind": special}
    if holder.get("role") in POWER_ROLES:
        return {**holder, "kind": "power"}
    return {"kind": DUTY_KIND, **holder}


class Basis(Row):
    """What an instrument rests on: a loaded instrument, or a document only named (`title`, number, date)."""

    relation: Literal["legal-basis", "implements", "appraisal", "submission"]
    instrument: str | None = None
    title: str | None = None
    number: str | None = None
    dated: date | None = None


class Article(Sourced):
    """An article of an outside instrument, as far as it is known."""

    number: str
    subject: str


class Instrument(Sourced):
    """A legal instrument (văn bản). In force on day D when `valid_from <= D < valid_to`; `valid_from: null` is in force
    with unknown start, yet not before `signed_on`. `scope: null` holds in the whole country."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]*$")]
    scope: Code | None
    number: str | None
    title: Name
    issuer: str
    signed_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    signed_by: str | None = None
    based_on: tuple[Basis, ...] = ()
    articles: tuple[Article, ...] = ()
    note: str | None = None
    clauses: tuple[Clause, ...] = ()

    def in_force_on(self, day: date) -> bool:
        start = self.valid_from or self.signed_on
        return (start is None or start <= day) and (self.valid_to is None or day < self.valid_to)


class Term(Sourced):
    """A number of days, working days or not, in which something is to be done."""

    id: Annotated[str, Field(pattern=r"^[a-z-]+(\.[a-z-]+)*$")]
    name: Name
    days: int = Field(ge=0)
    working: bool
