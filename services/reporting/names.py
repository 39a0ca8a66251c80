"""Names for people: of agencies, areas, classes and violations from the law, of companies from the register."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from contracts.sql import Cursor
from law.clauses import Law
from law.models import Name
from law.working_days import WorkingDays


@dataclass(frozen=True)
class Names:
    """`companies`: names by id."""

    law: Law
    scope: str
    companies: Mapping[str, str] = field(default_factory=dict)

    def of(self, code: str) -> Name:
        """The name behind a code or a company's id, a day or an instant as people write it; anything else as it is."""
        company = self.companies.get(code)
        if company is not None:
            return Name(vi=company, en=company)
        return self._known.get(code) or _moment(code, self.law.calendar) or Name(vi=code, en=code)

    @cached_property
    def _known(self) -> dict[str, Name]:
        province = self.law.province(self.scope)
        bodies = {body.id: body.name for body in self.law.bodies.values() if body.kind in ("class", "ministry")}
        violations = {one.id: one.name for one in self.law.violation_categories.values()}
        violations |= {one.id: one.name for one in self.law.violation_types.values()}
        areas = {area.code: area.name for area in province.areas}
        return bodies | violations | areas | {agency.code: agency.name for agency in province.agencies}


def _moment(text: str, calendar: WorkingDays) -> Name | None:
    """A day or an instant as people write it: legal time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return Name(vi=f"{moment:%d/%m/%Y}", en=f"{moment:%Y-%m-%d}") if len(text) == len("2026-10-01") else None
    local = moment.astimezone(calendar.zone)
    return Name(vi=f"{local:%H:%M:%S ngày %d/%m/%Y}", en=f"{local:%Y-%m-%d %H:%M:%S}")


def names(cursor: Cursor, law: Law, scope: str) -> Names:
    """With the names of every company that is registered."""
    cursor.execute("select provider_id::text, name from provider")
    return Names(law, scope, dict(cursor.fetchall()))
