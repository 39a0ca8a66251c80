"""How anything here says no: an exception with a stable code.

It becomes a problem document over HTTP, a reply with a reason on the bus, and the reason of a parked message.

    Refusal
    ├── Malformed            400  the request cannot be read
    ├── NotAuthenticated     401
    ├── ReservedToAnother    403  another agency holds this power (which, by which clause)
    ├── NotInForce           403  the clause is not yet or no longer in force
    ├── NoBasis              403  no loaded instrument gives this power (no clause is cited for silence)
    ├── Forbidden            403  the role may not do this
    ├── NotFound             404  absent, or not yours
    ├── StaleVersion         409  somebody was faster; carries the current version
    ├── CommandIdReused      409  the same command id came with another body
    ├── ClaimTaken           409  a natural key belongs to another stream
    └── Invalid              422  readable, but the fields are wrong; carries a list of places and reasons

Services add their own below: `class AgentIsClosed(Refusal, code="agent-is-closed", status=409, title="…")`. Title and
sentences are English in the code; `contracts/problems/` says each in Vietnamese, and a test holds them together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from contracts.problem_texts import ENGLISH, VIETNAMESE, Language, filled, text_of, vietnamese


@runtime_checkable
class Spoken(Protocol):
    """What can be said in each language: a `Said`, or a name the law gives."""

    def in_language(self, language: Language) -> str: ...


class Said:
    """A sentence, or a part of one, with named values: `Said("{day} lies after {today}", day=day, today=today)`."""

    def __init__(self, sentence: str, **values: Any) -> None:
        self.sentence, self.values = sentence, values

    def in_language(self, language: Language) -> str:
        """English where the catalogue has no Vietnamese for it."""
        template = vietnamese(self.sentence) if language == VIETNAMESE else None
        return filled(template or self.sentence, _said(self.values, language), language if template else ENGLISH)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody else said already, by language: it crossed a table on its way here."""

    texts: Mapping[str, str]

    def in_language(self, language: Language) -> str:
        return self.texts[language]


class Refusal(Exception):
    """A clear no.

    `detail` is an English sentence whose named values are `members`: extra members of the problem document, JSON-ready,
    the same in every language. A sentence whose values are no members is a `Said`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request was refused"

    def __init_subclass__(cls, *, code: str, status: int, title: str) -> None:
        super().__init_subclass__()
        cls.code, cls.status, cls.title = code, status, title

    def __init__(self, detail: str | Spoken, **members: Any) -> None:
        self.said = Said(detail, **members) if isinstance(detail, str) else detail
        self.members = members
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        """In English, for logs and for people who operate this."""
        return self.said.in_language(ENGLISH)

    def document(self, language: Language) -> dict[str, Any]:
        """The problem document (RFC 9457): type, title, status, detail, code, then `members`.

        `title`, `detail` and the reasons among the members are in `language`, everything else is the same in all.
        """
        members: dict[str, Any] = _said(self.members, language)
        return members | {
            "type": f"/problems/{self.code}",
            "title": self.title_in(language),
            "status": self.status,
            "detail": self.said.in_language(language),
            "code": self.code,
        }

    @classmethod
    def title_in(cls, language: Language) -> str:
        found = text_of(cls.code)
        return found.title if found is not None and language == VIETNAMESE else cls.title


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every class that is loaded, the general ones before the narrower."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from refusals(narrower)


def _said(value: Any, language: Language) -> Any:
    match value:
        case Mapping():
            return {name: _said(one, language) for name, one in value.items()}
        case list():
            return [_said(one, language) for one in value]
        case Spoken():
            return value.in_language(language)
    return value


class Malformed(Refusal, code="malformed", status=400, title="The request cannot be read"): ...


class NotAuthenticated(Refusal, code="not-authenticated", status=401, title="Who is asking is not known"): ...


class ReservedToAnother(
    Refusal, code="reserved-to-another", status=403, title="This power belongs to another body"
): ...


class NotInForce(Refusal, code="not-in-force", status=403, title="The clause is not in force on that day"): ...


class NoBasis(Refusal, code="no-basis", status=403, title="No loaded instrument gives this power"): ...


class Forbidden(Refusal, code="forbidden", status=403, title="This role may not do this"): ...


class NotFound(Refusal, code="not-found", status=404, title="There is no such thing here"): ...


class StaleVersion(Refusal, code="stale-version", status=409, title="Somebody was faster"): ...


class CommandIdReused(
    Refusal, code="command-id-reused", status=409, title="This command id came with another body"
): ...


class ClaimTaken(Refusal, code="claim-taken", status=409, title="This belongs to something else already"): ...


class Invalid(Refusal, code="invalid", status=422, title="Some fields are wrong"): ...
