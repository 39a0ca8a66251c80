"""From a fact to the duties it fulfils. Which clauses a type of fact can fulfil is data: `fulfilled_by` in the law.

What is said here is only who acts in a fact, and as what: then every duty of that body, in such a role, under a clause
that names the type, is done. `recorded_by` moves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.envelope import Event
from contracts.events.enforcement import OrderExecuted
from contracts.events.inspection import InspectionConcluded, TeamMemberConfirmed, ViolationFound
from contracts.events.registry import AgencyContractSigned
from contracts.events.reporting import FilingSubmitted, SummaryCompiled
from law.clauses import Clause, Law, Province

COOPERATES = frozenset({"C"})
ANSWERS = frozenset({"L", "O", "F"})
"""Leads, does what it owes itself, follows up: roles of who acts in its own name."""
SECTORS = "sectors"
"""The class of the functional departments: what one of them does shows in the row of the class."""

EXECUTED = {
    "contract-termination": ("isp", frozenset({"HD-2.1d3", "HD-3a"})),
    "line-cut": ("tel", frozenset({"HD-3c4", "HD-3a"})),
    "line-cut-arrangement": ("isp", frozenset({"HD-3c4", "HD-3a"})),
}
"""Kind of an order → what its addressee acts as, and the clauses its execution can fulfil."""

EVIDENCE: tuple[type[Event], ...] = (
    InspectionConcluded,
    TeamMemberConfirmed,
    ViolationFound,
    OrderExecuted,
    AgencyContractSigned,
    FilingSubmitted,
    SummaryCompiled,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody acted. `holder` stands in duty keys; `bodies` are what it is in `law/bodies.yaml`.

    `beside`: it acted in a team led by this body; `alone_with_its_clause`: only clauses that name no lead count.
    """

    holder: str
    bodies: frozenset[str]
    roles: frozenset[str]
    clauses: frozenset[str] | None = None
    beside: str | None = None
    alone_with_its_clause: bool = False


@dataclass(frozen=True, slots=True)
class Fulfilled:
    clause: str
    holder: str
    role: str


def day_of(event: Event, learnt_on: date) -> date:
    """The day on which it was done, as the fact states it; else the day it became known, for contracts too: they may be
    of any age, and what is followed up is that they come to be shown."""
    match event:
        case InspectionConcluded():
            return event.concluded_on
        case OrderExecuted():
            return event.executed_on
        case ViolationFound():
            return event.found_on
        case _:
            return learnt_on


def month_of(event: Event, done_on: date) -> str:
    """The month it counts for: a filing's own, else that of the day."""
    return event.month if isinstance(event, FilingSubmitted) else f"{done_on:%Y-%m}"


def fulfilled(law: Law, scope: str, event: Event, agency: str | None, done_on: date) -> Iterator[Fulfilled]:
    """Each duty once. `agency`: on whose behalf the fact was stated (its metadata)."""
    found = dict.fromkeys(
        Fulfilled(clause.id, act.holder, holder.role)
        for instrument in law.instruments_in_force(scope, done_on)
        for clause in instrument.clauses
        if event.message_type in clause.fulfilled_by
        for act in _acts(law.province(scope), event, agency)
        if _counts(act, clause)
        for holder in clause.holders
        if holder.kind == "duty" and holder.agency in act.bodies and holder.role in act.roles
    )
    yield from found


def _acts(province: Province, event: Event, agency: str | None) -> Iterator[Act]:
    match event:
        case InspectionConcluded():
            yield from _of_agency(province, event.lead, ANSWERS)
            lead = province.agency(event.lead)
            for member in event.agencies:
                if member != event.lead and lead is not None:
                    yield from _of_agency(province, member, COOPERATES, beside=lead.body)
        case TeamMemberConfirmed():
            yield from _of_agency(province, event.agency, COOPERATES, alone_with_its_clause=True)
        case ViolationFound():
            yield from _of_agency(province, event.found_by, COOPERATES, alone_with_its_clause=True)
        case OrderExecuted() if event.kind in EXECUTED:
            body, clauses = EXECUTED[event.kind]
            yield Act(str(event.addressee_id), frozenset({body}), ANSWERS | COOPERATES, clauses=clauses)
        case AgencyContractSigned():
            yield Act("agt", frozenset({"agt"}), ANSWERS)
        case FilingSubmitted() if event.good > 0:
            yield Act(str(event.provider_id), frozenset({"isp", "tel"}), ANSWERS)
        case SummaryCompiled() if agency is not None:
            yield from _of_agency(province, agency, ANSWERS)


def _of_agency(
    province: Province,
    code: str,
    roles: frozenset[str],
    *,
    beside: str | None = None,
    alone_with_its_clause: bool = False,
) -> Iterator[Act]:
    found = province.agency(code)
    if found is None:
        return
    bodies = [(code, found.body), *([(SECTORS, SECTORS)] if found.sector else [])]
    for holder, body in bodies:
        yield Act(holder, frozenset({body}), roles, beside=beside, alone_with_its_clause=alone_with_its_clause)


def _counts(act: Act, clause: Clause) -> bool:
    leads = {holder.agency for holder in clause.holders if holder.role == "L"}
    if act.clauses is not None:
        return clause.id in act.clauses
    if act.beside is not None:
        return act.beside in leads
    return not (act.alone_with_its_clause and leads)
