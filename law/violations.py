"""The rows of `law/violations.yaml`: what an inspection can find, and what it breaches."""

from pydantic import Field

from law.models import Code, Name, Row


class ViolationCategory(Row):
    """One of the harms of HD-00a. Only `conduct` can be found; the others are indicators of the situation."""

    id: Code
    name: Name
    conduct: bool


class ViolationType(Row):
    """What an inspection can find, and the clauses it breaches where they are in force."""

    id: Code
    name: Name
    category: str
    breaches: tuple[str, ...] = Field(min_length=1)
    information_security: bool = False
    note: str | None = None


class Provision(Row):
    """A provision breached: a clause of a loaded instrument, or an outside instrument whose article may be unknown."""

    instrument: str
    clause: str | None = None
    article: str | None = None
    verified: bool
