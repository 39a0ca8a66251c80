"""Legal deadlines that explain themselves: from what, by which rule and clause, which days were skipped, what extended.

All days are days of Asia/Ho_Chi_Minh (`law/calendar.yaml`). The day from which a term runs does not count. `due` is the
last day on which the thing can still be done in time; it is overdue from the next midnight (`ends_at`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from law.clauses import Law, load_law
from law.models import Name
from law.working_days import WorkingDays

_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


class NoDeadline(LookupError):
    """The clause has no cadence, or the term is not known."""


@dataclass(frozen=True, slots=True)
class SkippedDay:
    """A day between start and due that did not count."""

    day: date
    why: Name


@dataclass(frozen=True, slots=True)
class Extension:
    """A decision that gave more time: `days` (working ones for a term in working days), which document, why."""

    days: int
    decided_on: date
    document: str
    reason: str


@dataclass(frozen=True)
class Deadline:
    """The last day for something. `clause` is None where no clause of the loaded instruments sets it."""

    start: date
    due: date
    rule: Name
    clause: str | None
    source: str
    verified: bool
    working: bool
    calendar: WorkingDays = field(repr=False, compare=False)
    skipped: tuple[SkippedDay, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """The first instant that is too late."""
        return datetime.combine(self.due + timedelta(days=1), time(), tzinfo=self.calendar.zone)

    def is_over(self, instant: datetime) -> bool:
        """Whether it is too late at an instant with time zone."""
        return instant >= self.ends_at

    def extended(self, extension: Extension) -> "Deadline":
        """The same deadline after a decision that gives more time. Raises ValueError unless it gives a day or more."""
        if extension.days < 1:
            raise ValueError("an extension gives at least one day")
        due = _after(self.calendar, self.due, extension.days, self.working)
        skipped = self.skipped + (_skipped(self.calendar, self.due, due) if self.working else ())
        return replace(self, due=due, skipped=skipped, extensions=(*self.extensions, extension))

    def explain(self, language: Literal["vi", "en"] = "vi") -> str:
        """In plain words, a line each: due day, start, rule, basis, days skipped, extensions."""
        return "\n".join(line.in_language(language) for line in self._lines())

    def _lines(self) -> Iterator[Name]:
        yield Name(vi=f"Hạn cuối: hết ngày {_vi(self.due)}.", en=f"Last day: {self.due}, until midnight.")
        yield Name(vi=f"Tính từ ngày {_vi(self.start)}.", en=f"Counted from {self.start}.")
        yield Name(vi=f"Quy tắc: {self.rule.vi}.", en=f"Rule: {self.rule.en}.")
        doubt = Name(vi="", en="") if self.verified else Name(vi=" (chưa kiểm chứng)", en=" (not verified)")
        yield Name(
            vi=f"Căn cứ: {self.clause or 'không có điều khoản nào ấn định'}; nguồn: {self.source}{doubt.vi}.",
            en=f"Basis: {self.clause or 'no clause sets it'}; source: {self.source}{doubt.en}.",
        )
        if self.skipped:
            yield Name(
                vi=f"Không tính: {'; '.join(f'{_vi(skip.day)} ({skip.why.vi})' for skip in self.skipped)}.",
                en=f"Not counted: {'; '.join(f'{skip.day} ({skip.why.en})' for skip in self.skipped)}.",
            )
        unit = Name(vi="ngày làm việc", en="working days") if self.working else Name(vi="ngày", en="days")
        for more in self.extensions:
            yield Name(
                vi=f"Gia hạn {more.days} {unit.vi} theo {more.document} ngày {_vi(more.decided_on)}: {more.reason}.",
                en=f"Extended by {more.days} {unit.en} by {more.document} of {more.decided_on}: {more.reason}.",
            )


def add_working_days(start: date, days: int, calendar: WorkingDays | None = None) -> date:
    """The `days`-th working day after `start`, in the packaged calendar unless another is given."""
    return (calendar or load_law().calendar).add(start, days)


def term_deadline(law: Law, term_id: str, start: date, clause: str | None = None) -> Deadline:
    """The deadline that a term of `law/terms.yaml` sets from a day. Raises NoDeadline for an unknown term."""
    term = law.terms.get(term_id)
    if term is None:
        raise NoDeadline(f"no term '{term_id}' in law/terms.yaml")
    due = _after(law.calendar, start, term.days, term.working)
    return Deadline(
        start=start,
        due=due,
        rule=Name(
            vi=f"{term.name.vi}: {term.days} {'ngày làm việc' if term.working else 'ngày'}",
            en=f"{term.name.en}: {term.days} {'working days' if term.working else 'days'}",
        ),
        clause=clause,
        source=term.source,
        verified=term.verified,
        working=term.working,
        calendar=law.calendar,
        skipped=_skipped(law.calendar, start, due) if term.working else (),
    )


def period_deadline(law: Law, clause_id: str, year: int, month: int) -> Deadline:
    """When a recurring duty is due for the period that ends with this month: HD-3b for 2026-11 is due on 2026-12-09.

    Raises NoDeadline when the clause has no cadence, ValueError when no period of it ends with that month.
    """
    cadence = law.clause(clause_id).cadence
    if cadence is None:
        raise NoDeadline(f"{clause_id} names no period")
    if month % _MONTHS[cadence.every]:
        raise ValueError(f"no {cadence.every} ends with month {month}")
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    words, before = cadence.words, cadence.before_day
    if before is None:
        due, rule = last, Name(vi=f"“{words}”: hết kỳ báo cáo", en=f"“{words}”: by the end of the period")
    else:
        due = last + timedelta(days=before - 1)
        rule = Name(
            vi=f"“{words}”: trước ngày {before} của tháng sau, ngày {before - 1} là ngày cuối",
            en=f"“{words}”: before day {before} of the next month, so day {before - 1} is the last",
        )
    return Deadline(
        start=last,
        due=due,
        rule=rule,
        clause=clause_id,
        source=cadence.source,
        verified=cadence.verified,
        working=False,
        calendar=law.calendar,
    )


def _after(calendar: WorkingDays, start: date, days: int, working: bool) -> date:
    return calendar.add(start, days) if working else start + timedelta(days=days)


def _skipped(calendar: WorkingDays, start: date, due: date) -> tuple[SkippedDay, ...]:
    between = (start + timedelta(days=offset) for offset in range(1, (due - start).days))
    reasons = ((day, calendar.why_not_working(day)) for day in between)
    return tuple(SkippedDay(day, why) for day, why in reasons if why is not None)


def _vi(day: date) -> str:
    return f"{day:%d/%m/%Y}"
