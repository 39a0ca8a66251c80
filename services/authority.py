"""The authority port of `chassis.store.commands`: may this principal do this, on this day, by which clause?

What the two documents say is data in `law/actions.yaml`. What is added here, as data too, is how a company acts: for
itself alone, in the actions that the texts or our own policy leave to companies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.identity.principal import Principal
from contracts.refusals import Forbidden, ReservedToAnother
from contracts.refusals import NoBasis as NoBasisRefusal
from contracts.refusals import NotInForce as NotInForceRefusal
from law.clauses import Law, load_law
from law.powers import Answer, Granted, NoBasis, NotInForce, ReservedTo, may

COMPANY_BODIES = ("isp", "tel")
"""What a company can be in `law/bodies.yaml`."""

BODY_OF_KIND = {"isp": "isp", "telecom": "tel"}
"""The register's kinds of companies, as the law names them."""

PART_OF: Mapping[str, str] = {
    "order.acknowledge": "order.execute",
    "order.report": "order.execute",
    "order.object": "order.execute",
}
"""Steps of a company's action that the texts do not name apart: they rest on the same clause."""

COMPANIES_OWN_AFFAIRS = frozenset({"endpoint.register", "endpoint.manage"})
"""Own policy: a company may do this for itself; no clause is cited for it."""

READING_ROLES = frozenset({"reader", "auditor"})
"""Roles of officers who may look at everything and change nothing."""


@dataclass(frozen=True)
class LawAuthority:
    """Asks the loaded law for one province. Raises, when called, one of the refusals below Refusal's 403 kinds."""

    law: Law
    scope: str

    def __call__(
        self, *, principal: Principal, action: str, on_day: date, area: str | None, facts: Mapping[str, Any]
    ) -> str | None:
        """The clause that grants it; None where our own policy does.

        `area` is where the thing acted on lies. Facts: `category` and `team` of an inspection or case; for companies
        `company_id`, whom the act concerns (without it a company may do nothing), and `kinds` (`isp`, `telecom`).
        Raises ReservedToAnother, NotInForce, NoBasis (members `reserved_to`, `clause`, `action`), Forbidden.
        """
        match principal.kind:
            case "service":
                return None
            case "company":
                return self._of_company(principal, action, on_day, facts)
            case _:
                return self._of_agency(principal, action, on_day, area, facts)

    def _of_company(self, principal: Principal, action: str, on_day: date, facts: Mapping[str, Any]) -> str | None:
        if principal.company_id is None or facts.get("company_id") != principal.company_id:
            raise Forbidden("A company may act for itself only.", action=action)
        if action in COMPANIES_OWN_AFFAIRS:
            return None
        kinds = facts.get("kinds")
        bodies = COMPANY_BODIES if kinds is None else tuple(BODY_OF_KIND[kind] for kind in sorted(kinds))
        answers = [may(self.law, self.scope, body, PART_OF.get(action, action), on_day) for body in bodies]
        for answer in answers:
            if isinstance(answer, Granted):
                return answer.clause
        return _clause_or_refusal(answers[0], action)

    def _of_agency(
        self, principal: Principal, action: str, on_day: date, area: str | None, facts: Mapping[str, Any]
    ) -> str | None:
        if principal.agency is None:
            raise Forbidden("It is not known for which agency you act.", action=action)
        if principal.role in READING_ROLES:
            raise Forbidden("The role {role} may read, and change nothing.", role=principal.role, action=action)
        if principal.area is not None and area is not None and principal.area != area:
            raise Forbidden(
                "You answer for {own_area}, this lies in {area}.", own_area=principal.area, action=action, area=area
            )
        answer = may(
            self.law,
            self.scope,
            principal.agency,
            PART_OF.get(action, action),
            on_day,
            area=area,
            category=facts.get("category"),
            team=facts.get("team"),
        )
        return _clause_or_refusal(answer, action)


def law_authority(scope: str) -> LawAuthority:
    """The authority of one province, over the packaged law."""
    return LawAuthority(load_law(), scope)


def _clause_or_refusal(answer: Answer, action: str) -> str | None:
    match answer:
        case Granted():
            return answer.clause
        case ReservedTo():
            raise ReservedToAnother(answer.said, reserved_to=list(answer.agencies), clause=answer.clause, action=action)
        case NotInForce():
            raise NotInForceRefusal(answer.said, reserved_to=[], clause=answer.clause, action=action)
        case NoBasis():
            raise NoBasisRefusal(answer.said, reserved_to=[], clause=None, action=action)
