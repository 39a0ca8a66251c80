"""Who is asking: the name that goes into every command id and every event's `actor`."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Kind = Literal["officer", "company", "bus", "service"]


@dataclass(frozen=True, slots=True)
class Principal:
    """`name` is `officer:dic:le-van-a`, `company:<uuid>`, `agency:ppd` or `service:enforcement`."""

    kind: Kind
    name: str
    agency: str | None = None
    role: str | None = None
    company_id: UUID | None = None
    area: str | None = None
    """The territory an officer answers for; None: all of the scope."""


def officer(agency: str, subject: str, role: str, area: str | None = None) -> Principal:
    """An officer of an agency, known by a token."""
    return Principal("officer", f"officer:{agency}:{subject}", agency=agency, role=role, area=area)


def company(company_id: UUID) -> Principal:
    """A company, known by its API key."""
    return Principal("company", f"company:{company_id}", company_id=company_id)


def agency_system(agency: str) -> Principal:
    """An agency's own system on the bus, known by the topic it alone may write."""
    return Principal("bus", f"agency:{agency}", agency=agency, role="system")


def service(name: str) -> Principal:
    """A service of ours that reacts to an event."""
    return Principal("service", f"service:{name}")
