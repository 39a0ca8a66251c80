"""A duty (nhiệm vụ): a clause, one holder, one role. It is assigned once and reported at most once a month (HD-7).

That at most one report a month counts keeps a stream far below the limit, however often the holder acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from contracts.commands.reporting import ReportDuty
from contracts.envelope import PHOIHOP, Event
from contracts.events.reporting import DutyAssigned, DutyReported
from law.clauses import Duty as Owed
from law.clauses import Law, Unknown
from services.reporting.domain.errors import UnknownDuty
from services.reporting.domain.fulfilment import EVIDENCE
from services.reporting.domain.instrument import code_of

CATEGORY = "duty"


@dataclass(frozen=True, slots=True)
class Duty:
    assigned: bool = False
    months: frozenset[str] = frozenset()
    """In which something was done."""


INITIAL = Duty()


def key_of(scope: str, clause: str, holder: str, role: str) -> str:
    """As `law.clauses.Duty.key`: `hai-duong/HD-2.1d1/dic/L`."""
    return f"{scope}/{clause}/{holder}/{role}"


def duty_id_of(key: str) -> UUID:
    return uuid5(PHOIHOP, f"duty/{key}")


def assign(duty: Duty, law: Law, owed: Owed) -> tuple[DutyAssigned, ...]:
    """Nothing when it is assigned already."""
    return () if duty.assigned else (_assigned(law, owed.key, owed.clause, owed.holder, owed.role),)


def report(duty: Duty, law: Law, scope: str, command: ReportDuty) -> Iterator[DutyAssigned | DutyReported]:
    """Nothing when this month has its report. A duty that nobody assigned yet is assigned first: what shows that it was
    done may be heard of before its holder's registration. Raises UnknownDuty for a clause with no such duty."""
    if command.month in duty.months:
        return
    key = key_of(scope, command.clause, command.holder, command.role)
    if not duty.assigned:
        yield _assigned(law, key, command.clause, command.holder, command.role)
    yield DutyReported(
        duty_id=duty_id_of(key),
        clause=command.clause,
        holder=command.holder,
        role=command.role,
        evidence_type=command.evidence_type,
        evidence_id=command.evidence_id,
        done_on=command.done_on,
        month=command.month,
    )


def _assigned(law: Law, key: str, clause: str, holder: str, role: str) -> DutyAssigned:
    try:
        instrument = law.instrument_of(clause)
        roles = {one.role for one in law.clause(clause).holders if one.kind == "duty"}
    except Unknown:
        roles = set()
    if role not in roles:
        raise UnknownDuty("{clause} gives nobody a duty in role {role}", clause=clause, role=role)
    return DutyAssigned(
        duty_id=duty_id_of(key),
        key=key,
        instrument_id=code_of(instrument),
        clause=clause,
        holder=holder,
        role=role,
    )


def evolve(duty: Duty, event: Event) -> Duty:
    match event:
        case DutyAssigned():
            return replace(duty, assigned=True)
        case DutyReported():
            return replace(duty, months=duty.months | {event.month})
        case _:
            return duty


@dataclass(frozen=True, slots=True)
class Expected:
    """The last period of a recurring clause that is over and past its deadline: months as `2026-10`, both included."""

    clause: str
    first_month: str
    last_month: str


RECORDED = frozenset(kind.message_type for kind in EVIDENCE)


def expected(law: Law, scope: str, today: date) -> tuple[Expected, ...]:
    """What should be there by today, for each clause in force that names a period (HD-3b: every month before the 10th).

    A clause that is only requested (LA-9) expects nothing, nor does one of which no fact known here can tell that it
    was done: nobody could ever clear it. A duty assigned after a period is not held to it.
    """
    return tuple(
        Expected(clause.id, *_last_period_due(clause.cadence.every, clause.cadence.before_day, today))
        for instrument in law.instruments_in_force(scope, today)
        for clause in instrument.clauses
        if clause.cadence is not None and not clause.requested and not RECORDED.isdisjoint(clause.fulfilled_by)
    )


MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _last_period_due(every: str, before_day: int | None, today: date) -> tuple[str, str]:
    """`before_day` of the following month is the first day that is too late; without it, the first of that month."""
    length = MONTHS[every]
    too_late = before_day or 1
    whole = today.year * 12 + today.month - 1 - (today.day < too_late)
    end = whole // length * length
    return _month(end - length), _month(end - 1)


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
