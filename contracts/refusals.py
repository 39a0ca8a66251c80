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

Services add their own below: `class AgentIsClosed(Refusal, code="agent-is-closed", status=409, title="…")`.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A clear no. `members` are extra members of the problem document, JSON-ready."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request was refused"

    def __init_subclass__(cls, *, code: str, status: int, title: str) -> None:
        super().__init_subclass__()
        cls.code, cls.status, cls.title = code, status, title

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


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
