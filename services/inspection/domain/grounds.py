"""What the loaded law says of a visit: who leads, what brings an agency into the team, what can be breached."""

import re
from datetime import date

from contracts.refusals import NoBasis, NotInForce, Said
from law.clauses import Clause, Instrument, Law, Unknown
from law.leads import NoLead, lead_of
from law.models import INFORMATION_SECURITY
from law.powers import Granted, may
from services.inspection.domain.errors import UnknownAgency, UnknownCategory, UnknownProvision
from services.inspection.domain.inspection import Lead

JOIN = "inspection.join"

INSPECTED = frozenset({"agt", "usr", "isp", "tel"})
"""The bodies whose obligations an inspection can find breached: in HD those of HD-3 and HD-5 (requirements §2.9)."""

ARTICLE = re.compile(r"(?:,? ?(?:art\.|article|điều|dieu) ?(\d+))?$", re.IGNORECASE)


def lead_for(law: Law, scope: str, day: date, *, own_area: str | None, information_security: bool) -> Lead:
    """Who leads by the rule (HD-2.1d1, HD-2.3d). `own_area`: the district whose own inspection it is (HD-2.1b2).

    Raises NoBasis.
    """
    try:
        found = lead_of(law, scope, day, information_security=information_security, area=own_area)
    except NoLead:
        raise NoBasis(
            "No instrument in force in {scope} on {day} names who leads this inspection.",
            scope=scope,
            day=day.isoformat(),
            action="inspection.lead",
            clause=None,
        ) from None
    return Lead(found.agency, found.clause)


def own_area_of(law: Law, scope: str, agency: str) -> str | None:
    """The district that an agency belongs to, None for one of the province. Raises UnknownAgency."""
    known = law.province(scope).agency(agency)
    if known is None:
        raise UnknownAgency("No agency of {scope} has the code '{agency}'.", scope=scope, agency=agency)
    return known.area


def joining_clause(law: Law, scope: str, agency: str, day: date, *, area: str, information_security: bool) -> str:
    """The clause that has an agency join such inspections: ppd HD-2.3c1, dcst HD-2.2, dpi HD-2.5a ...

    Raises UnknownAgency, NoBasis.
    """
    own_area_of(law, scope, agency)
    subject = INFORMATION_SECURITY if information_security else None
    answer = may(law, scope, agency, JOIN, day, area=area, category=subject)
    if not isinstance(answer, Granted) or answer.clause is None:
        raise NoBasis(
            Said("{agency}: {answer}", agency=agency, answer=answer.said), agency=agency, action=JOIN, clause=None
        )
    return answer.clause


def breaches_information_security(law: Law, category: str) -> bool:
    """Whether a finding type, or a category of conduct, is a breach of information-security law (HD-2.3d).

    Raises UnknownCategory naming those there are.
    """
    if (kind := law.violation_types.get(category)) is not None:
        return kind.information_security
    conduct = [one.id for one in law.violation_categories.values() if one.conduct]
    if category not in conduct:
        known = sorted({*conduct, *law.violation_types})
        raise UnknownCategory("'{category}' is no category of a violation.", category=category, known=known)
    return False


def must_be_breachable(law: Law, scope: str, provision: str, day: date) -> None:
    """A clause of an instrument in force here that day which binds those inspected, or a known outside instrument.

    An outside instrument is named by id or number, with or without an article: `ND 97/2008`, `97/2008/NĐ-CP art. 6`.
    Raises UnknownProvision, NotInForce.
    """
    try:
        clause, instrument = law.clause(provision), law.instrument_of(provision)
    except Unknown:
        instrument = _outside(law, provision)
    else:
        _must_bind_the_inspected(clause)
    if instrument not in law.instruments_in_force(scope, day):
        raise NotInForce(
            "{provision} was not in force in {scope} on {day}, so it was not breached.",
            scope=scope,
            day=day.isoformat(),
            provision=provision,
            instrument=instrument.id,
        )


def _must_bind_the_inspected(clause: Clause) -> None:
    if not any(holder.kind == "duty" and holder.agency in INSPECTED for holder in clause.holders):
        raise UnknownProvision(
            "{provision} lays no duty on an Internet agent, a user or a company, so a visit cannot find it breached.",
            provision=clause.id,
        )


def _outside(law: Law, provision: str) -> Instrument:
    named = _folded(ARTICLE.sub("", provision))
    for instrument in law.instruments.values():
        if instrument.scope is None and named in {_folded(instrument.id), _folded(instrument.number or "")}:
            return instrument
    known = sorted(one.id for one in law.instruments.values() if one.scope is None)
    raise UnknownProvision(
        "'{provision}' is neither a clause of a loaded instrument nor a known outside instrument.",
        provision=provision,
        known=known,
    )


def _folded(name: str) -> str:
    return re.sub(r"[\s/-]+", "-", name.strip()).upper()
