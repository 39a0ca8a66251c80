"""Who leads an inspection (chủ trì). The rule is data: the grants of `inspection.lead` in `law/actions.yaml`.

Hải Dương: the department, the police for breaches of information-security law, a district its own inspections. Long An:
the department also for information security, Culture as standing body of Team 814.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from law.actions import Grant
from law.clauses import Law, Unknown
from law.models import INFORMATION_SECURITY
from law.powers import grants_of, in_force


class NoLead(LookupError):
    """No instrument in force in the province that day names a lead."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The agency that leads, by its code in the province, and the clause that says so."""

    agency: str
    clause: str


def lead_of(
    law: Law,
    scope: str,
    on_day: date,
    *,
    categories: Iterable[str] = (),
    information_security: bool = False,
    area: str | None = None,
    team: str | None = None,
) -> Lead:
    """The lead of an inspection with these suspected violations.

    `area` is the district **whose own inspection it is**; None for an inspection of the province, wherever it takes
    place. One suspected breach of information-security law is enough. Raises NoLead, and Unknown for a province or an
    area that is not loaded.
    """
    if area is not None and area not in {one.code for one in law.province(scope).areas}:
        raise Unknown(f"no area '{area}' in {scope}")
    subject = INFORMATION_SECURITY if information_security or INFORMATION_SECURITY in set(categories) else None
    grants = [
        grant
        for grant in grants_of(law, scope, law.actions["inspection.lead"])
        if grant.clause is not None and grant.concerns(subject, team) and in_force(law, scope, grant, on_day)
    ]
    own = [grant for grant in grants if grant.when is None and _is_district(law, grant)]
    candidates = [grant for grant in grants if grant.when is not None]
    candidates += own if area is not None else []
    candidates += [grant for grant in grants if grant.when is None and grant not in own]
    for grant in candidates:
        for agency in law.province(scope).agencies_of(grant.agencies[0]):
            if agency.area is None or agency.area == area:
                return Lead(agency.code, grant.clause or "")
    raise NoLead(f"no instrument in force in {scope} on {on_day.isoformat()} names who leads this inspection")


def _is_district(law: Law, grant: Grant) -> bool:
    return law.bodies[grant.agencies[0]].kind == "district"
