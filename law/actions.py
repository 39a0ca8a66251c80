"""The rows of `law/actions.yaml`: what may be done, by whom, on what basis."""

from typing import Annotated

from pydantic import Field, model_validator

from law.models import Code, Name, Row, Verb


class Condition(Row):
    """A fact about the subject; given fields must all hold."""

    category: str | None = None
    team: str | None = None

    def holds(self, category: str | None, team: str | None) -> bool:
        return (self.category is None or self.category == category) and (self.team is None or self.team == team)


class Grant(Row):
    """One basis of an action: a clause, an outside instrument, or (with neither) a house setting in a `scope`."""

    agencies: tuple[Code, ...] = Field(min_length=1)
    clause: str | None = None
    instrument: str | None = None
    scope: str | None = None
    when: Condition | None = None
    unless: Condition | None = None
    source: str | None = None
    verified: bool = True

    @model_validator(mode="after")
    def _one_basis(self) -> "Grant":
        if [self.clause, self.instrument, self.scope].count(None) != 2:
            raise ValueError("a grant has exactly one of 'clause', 'instrument', 'scope'")
        if self.clause is None and (self.source is None or self.verified):
            raise ValueError("a grant without a clause says its 'source' and 'verified: false'")
        return self

    def concerns(self, category: str | None, team: str | None) -> bool:
        if self.when is not None and not self.when.holds(category, team):
            return False
        return self.unless is None or not self.unless.holds(category, team)


class Action(Row):
    """Something an agency may or may not do, in words that follow "may" ("được") in a sentence."""

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$")]
    name: Name
    verb: Verb | None = None
    includes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
