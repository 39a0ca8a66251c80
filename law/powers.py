"""May this agency do this, on this day? Four answers, from `law/actions.yaml` (design §3 rule 5).

Granted, reserved to another, not in force, or no basis in the loaded instruments, for which no clause is cited: silence
is not a prohibition.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from law.actions import Action, Grant
from law.agencies import Agency
from law.clauses import Law
from law.models import Name, Verb

OWN_POLICY = "own policy"
_RESERVING_ROLES = frozenset({"L", "Q", "E", "P", "F"})


@dataclass(frozen=True, slots=True)
class Granted:
    """The agency may. `clause` is None where the basis is an outside instrument or a house setting (see `source`)."""

    clause: str | None
    source: str
    verified: bool = field(default=True, compare=False)
    verb: Verb | None = field(default=None, compare=False)
    said: Name = field(default=Name(vi="", en=""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReservedTo:
    """The power belongs to these agencies of the province (for a district's body without area: to `dpc`)."""

    agencies: tuple[str, ...]
    clause: str
    said: Name = field(default=Name(vi="", en=""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NotInForce:
    """There is a clause, but not on that day: in force from `valid_from`, until before `valid_to`."""

    clause: str
    valid_from: date | None
    valid_to: date | None
    said: Name = field(default=Name(vi="", en=""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NoBasis:
    """No loaded instrument of the province says anything of it for this agency."""

    action: str
    said: Name = field(default=Name(vi="", en=""), compare=False, repr=False)


Answer = Granted | ReservedTo | NotInForce | NoBasis


def may(
    law: Law,
    scope: str,
    agency: str,
    action: str,
    on_day: date,
    *,
    area: str | None = None,
    category: str | None = None,
    team: str | None = None,
) -> Answer:
    """Whether `agency` (its code in the province, or a body such as `isp`) may do `action` on a day.

    `area` is the area of the thing acted on, `category` its subject (`information-security` counts), `team` a standing
    team (`t814`). An action that is in no table has no basis. Raises Unknown for a province that is not loaded.
    """
    province = law.province(scope)
    row = law.actions.get(action)
    if row is None:
        name = Name(vi=f"việc “{action}”", en=f"“{action}”")
        return NoBasis(action, _no_basis(name))
    actor = province.agency(agency)
    relevant = [grant for grant in grants_of(law, scope, row) if grant.concerns(category, team)]
    mine = [grant for grant in relevant if _holds(law, grant, agency, actor, area)]
    for grant in mine:
        if in_force(law, scope, grant, on_day):
            return _granted(law, grant, row)
    for grant in sorted(relevant, key=lambda grant: grant.when is None):
        if in_force(law, scope, grant, on_day) and _reserves(law, grant):
            return _reserved(law, scope, grant, row, area)
    for grant in mine or relevant:
        if grant.clause is not None and not in_force(law, scope, grant, on_day):
            return _not_in_force(law, grant.clause, row, on_day)
    return NoBasis(action, _no_basis(row.name))


def explain(answer: Answer, language: Literal["vi", "en"] = "vi") -> str:
    """The answer in plain words, one sentence."""
    return answer.said.in_language(language)


def grants_of(law: Law, scope: str, action: Action) -> Iterator[Grant]:
    """The grants of an action and of those it includes that can ever hold in the province, in the order of the data."""
    applied = {one.instrument for one in law.province(scope).instruments}
    for grant in action.grants:
        if grant.scope is not None:
            concerns = grant.scope == scope
        else:
            instrument = law.instruments[_basis(law, grant)]
            concerns = instrument.scope is None or instrument.id in applied
        if concerns:
            yield grant
    for included in action.includes:
        yield from grants_of(law, scope, law.actions[included])


def in_force(law: Law, scope: str, grant: Grant, on_day: date) -> bool:
    """Whether what a grant rests on is in force in the province that day; a house setting always is."""
    if grant.scope is not None:
        return True
    basis = _basis(law, grant)
    return any(instrument.id == basis for instrument in law.instruments_in_force(scope, on_day))


def _basis(law: Law, grant: Grant) -> str:
    return grant.instrument or law.instrument_of(grant.clause or "").id


def _holds(law: Law, grant: Grant, agency: str, actor: Agency | None, area: str | None) -> bool:
    if "all" in grant.agencies:
        return actor is not None or agency in law.bodies
    if actor is None:
        return agency in grant.agencies
    if actor.area is not None and area is not None and actor.area != area:
        return False
    return actor.body in grant.agencies or (actor.sector and "sectors" in grant.agencies)


def _reserves(law: Law, grant: Grant) -> bool:
    if grant.clause is None:
        return False
    roles = {holder.role for holder in law.clause(grant.clause).holders if holder.agency in grant.agencies}
    return bool(roles & _RESERVING_ROLES)


def _granted(law: Law, grant: Grant, action: Action) -> Granted:
    if grant.clause is not None:
        cited = _cited(law, grant.clause)
        said = Name(vi=f"Được {action.name.vi}, theo {cited.vi}.", en=f"May {action.name.en}, by {cited.en}.")
        return Granted(grant.clause, grant.clause, True, action.verb, said)
    source = grant.source or OWN_POLICY
    if source == OWN_POLICY:
        said = Name(
            vi=f"Được {action.name.vi} theo quy ước nội bộ; các văn bản không quy định.",
            en=f"May {action.name.en} by house setting; the instruments are silent.",
        )
    else:
        said = Name(vi=f"Được {action.name.vi}; nguồn: {source}.", en=f"May {action.name.en}; source: {source}.")
    return Granted(None, source, grant.verified, action.verb, said)


def _reserved(law: Law, scope: str, grant: Grant, action: Action, area: str | None) -> ReservedTo:
    codes: list[str] = []
    names: list[Name] = []
    for body in grant.agencies:
        agencies = law.province(scope).agencies_of(body)
        if law.bodies[body].kind == "district":
            agencies = tuple(agency for agency in agencies if agency.area == area)
        codes += [agency.code for agency in agencies] or [body]
        names += [agency.name for agency in agencies] or [law.bodies[body].name]
    clause = grant.clause or ""
    cited = _cited(law, clause)
    holders = Name(vi=", ".join(name.vi for name in names), en=", ".join(name.en for name in names))
    said = Name(
        vi=f"Không được {action.name.vi}: thẩm quyền này dành cho {holders.vi}, theo {cited.vi}.",
        en=f"May not {action.name.en}: that is reserved to {holders.en}, by {cited.en}.",
    )
    return ReservedTo(tuple(codes), clause, said)


def _not_in_force(law: Law, clause: str, action: Action, on_day: date) -> NotInForce:
    instrument = law.instrument_of(clause)
    start, end, cited = instrument.valid_from or instrument.signed_on, instrument.valid_to, _cited(law, clause)
    if end is not None and on_day >= end:
        vi, en = f"hết hiệu lực từ {end:%d/%m/%Y}", f"no longer in force from {end.isoformat()}"
    elif start is not None and on_day < start:
        vi, en = f"có hiệu lực từ {start:%d/%m/%Y}", f"in force from {start.isoformat()}"
    else:
        vi, en = "không áp dụng tại tỉnh trong ngày đó", "not applied in the province that day"
    said = Name(
        vi=f"Chưa có căn cứ để {action.name.vi} ngày {on_day:%d/%m/%Y}: {cited.vi} {vi}.",
        en=f"No power to {action.name.en} on {on_day.isoformat()}: {cited.en} is {en}.",
    )
    return NotInForce(clause, instrument.valid_from, end, said)


def _no_basis(name: Name) -> Name:
    return Name(
        vi=f"Không có căn cứ để {name.vi} trong các văn bản đã nạp.",
        en=f"No basis to {name.en} in the loaded instruments.",
    )


def _cited(law: Law, clause: str) -> Name:
    place = law.clause(clause).place
    return Name(vi=f"{clause} ({place})", en=f"{clause} ({place})")
