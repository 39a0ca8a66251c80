"""The two documents as data: instruments, clauses, holders, and who owes what in which province on which day.

`load_law()` reads the packaged YAML once; nothing is read at import. Every fault of the data is a LawError that names
file and line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from law.actions import Action
from law.agencies import Agency, AppliedInstrument, Area, PerArea, Province
from law.checks import Loaded, faults_of
from law.models import (
    INFORMATION_SECURITY,
    Basis,
    Body,
    Cadence,
    Clause,
    Code,
    Holder,
    Instrument,
    Kind,
    Name,
    Role,
    Row,
    Term,
    Verb,
)
from law.sources import LawError, Source, read_yaml, yaml_files
from law.violations import Provision, ViolationCategory, ViolationType
from law.working_days import CalendarRules, WorkingDays

__all__ = [
    "INFORMATION_SECURITY",
    "Action",
    "Agency",
    "Area",
    "Basis",
    "Body",
    "Cadence",
    "Clause",
    "Company",
    "Duty",
    "Holder",
    "Instrument",
    "Kind",
    "Law",
    "LawError",
    "Name",
    "Province",
    "Provision",
    "Role",
    "Term",
    "Unknown",
    "Verb",
    "ViolationType",
    "load_law",
]

PACKAGED = Path(__file__).parent
R = TypeVar("R")


class Unknown(LookupError):
    """No clause, province or violation type of that name is loaded."""


@dataclass(frozen=True, slots=True)
class Company:
    """A registered company: its id as used in duty keys, and what it is: "isp", "tel", or both."""

    id: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Duty:
    """One row of the duty register: a clause, one holder, one role. Never a power.

    `holder` is an agency's code (`dic`, `dpc.chi-linh`), a company's id, or a class (`agt`, `sectors`); `body` what it
    is in `law/bodies.yaml`. `requested` (LA-9): tracked, never overdue.
    """

    scope: str
    clause: str
    holder: str
    role: Role
    body: str
    partners: tuple[str, ...]
    cadence: Cadence | None
    requested: bool
    readers: tuple[str, ...]

    @property
    def key(self) -> str:
        """Stable: `hai-duong/HD-2.1d1/dic/L`."""
        return f"{self.scope}/{self.clause}/{self.holder}/{self.role}"


@dataclass(frozen=True)
class Law:
    """Everything loaded, by id. Immutable; share it freely."""

    bodies: Mapping[str, Body]
    instruments: Mapping[str, Instrument]
    provinces: Mapping[str, Province]
    actions: Mapping[str, Action]
    violation_categories: Mapping[str, ViolationCategory]
    violation_types: Mapping[str, ViolationType]
    outside: tuple[str, ...]
    terms: Mapping[str, Term]
    calendar: WorkingDays
    _clauses: Mapping[str, tuple[Instrument, Clause]]

    def clause(self, clause_id: str) -> Clause:
        """Raises Unknown."""
        return self._clause(clause_id)[1]

    def instrument_of(self, clause_id: str) -> Instrument:
        """The instrument a clause belongs to. Raises Unknown."""
        return self._clause(clause_id)[0]

    def clauses(self) -> Iterator[Clause]:
        """Every clause, instrument by instrument, in the order of the text."""
        return (clause for _, clause in self._clauses.values())

    def province(self, scope: str) -> Province:
        """Raises Unknown."""
        try:
            return self.provinces[scope]
        except KeyError:
            raise Unknown(f"no province '{scope}' is loaded; known: {', '.join(self.provinces)}") from None

    def instruments_in_force(self, scope: str, on_day: date) -> tuple[Instrument, ...]:
        """The province's instruments that apply that day, then the loaded national ones. Raises Unknown."""
        own = tuple(
            self.instruments[applied.instrument]
            for applied in self.province(scope).instruments
            if applied.applies_on(on_day) and self.instruments[applied.instrument].in_force_on(on_day)
        )
        national = tuple(one for one in self.instruments.values() if one.scope is None and one.in_force_on(on_day))
        return own + national

    def hidden_from(self, agency: str | None) -> frozenset[str]:
        """Clauses whose duties are for named readers only, and not for this agency; None: for everybody's eyes."""
        return frozenset(one.id for one in self.clauses() if one.readers and agency not in one.readers)

    def duties(self, scope: str, on_day: date, companies: Iterable[Company] = ()) -> tuple[Duty, ...]:
        """Every duty in force that day, by the counting rule of requirements §1. Keys are unique. Raises Unknown.

        A company that is ISP and telecom has one row where both owe the same in the same role.
        """
        registered = sorted(companies, key=lambda company: company.id)
        rows: dict[str, Duty] = {}
        for instrument in self.instruments_in_force(scope, on_day):
            for clause in instrument.clauses:
                for holder in clause.holders:
                    if holder.kind != "duty" or holder.role is None:
                        continue
                    for code in self._rows_of(scope, holder.agency, registered):
                        duty = Duty(
                            scope=scope,
                            clause=clause.id,
                            holder=code,
                            role=holder.role,
                            body=holder.agency,
                            partners=holder.partners,
                            cadence=clause.cadence,
                            requested=clause.requested,
                            readers=clause.readers,
                        )
                        rows.setdefault(duty.key, duty)
        return tuple(rows.values())

    def violation_type(self, type_id: str) -> ViolationType:
        """Raises Unknown."""
        try:
            return self.violation_types[type_id]
        except KeyError:
            raise Unknown(f"no violation type '{type_id}' in law/violations.yaml") from None

    def breached_by(self, type_id: str, scope: str, on_day: date) -> tuple[Provision, ...]:
        """What a violation breaches by default: clauses in force in the province, else an outside instrument.

        An outside provision names no article. Empty when nothing loaded was in force that day. Raises Unknown.
        """
        in_force = {instrument.id: instrument for instrument in self.instruments_in_force(scope, on_day)}
        clauses = [(self.instrument_of(clause), clause) for clause in self.violation_type(type_id).breaches]
        inside = tuple(
            Provision(instrument=instrument.id, clause=clause, verified=True)
            for instrument, clause in clauses
            if instrument.id in in_force
        )
        if inside:
            return inside
        return tuple(Provision(instrument=one, verified=False) for one in self.outside if one in in_force)[:1]

    def _clause(self, clause_id: str) -> tuple[Instrument, Clause]:
        try:
            return self._clauses[clause_id]
        except KeyError:
            raise Unknown(f"no clause '{clause_id}' is loaded") from None

    def _rows_of(self, scope: str, body: str, companies: list[Company]) -> Iterator[str]:
        match self.bodies[body].kind:
            case "agency" | "district":
                yield from (agency.code for agency in self.province(scope).agencies_of(body))
            case "companies":
                yield from (company.id for company in companies if body in company.kinds)
            case "ministry" | "class":
                yield body


def load_law(folder: Path | None = None) -> Law:
    """The law's data from a folder laid out like this package, by default the packaged one (read once, then kept).

    Raises LawError with all the faults of the first faulty file, or of the cross-checks between files.
    """
    return _packaged() if folder is None else _load(folder)


@cache
def _packaged() -> Law:
    return _load(PACKAGED)


def _load(folder: Path) -> Law:
    name = folder.resolve().name
    sources: dict[str, Source] = {}

    def read(file: str, *keys: str) -> Source:
        source = sources[file] = read_yaml(folder / file, f"{name}/{file}")
        source.only(*keys)
        return source

    bodies = read("bodies.yaml", "bodies").section(Body, "bodies")
    instruments = [(one, _instrument(one)) for one in yaml_files(folder / "instruments", f"{name}/instruments")]
    provinces = [(one, _province(one)) for one in yaml_files(folder / "provinces", f"{name}/provinces")]
    actions = read("actions.yaml", "actions").section(Action, "actions")
    found = read("violations.yaml", "categories", "outside", "types")
    terms = read("terms.yaml", "terms").section(Term, "terms")
    rules = read("calendar.yaml", "zone", "weekly_rest", "swaps")
    loaded = Loaded(
        sources=sources,
        bodies=bodies,
        instruments=instruments,
        provinces=provinces,
        actions=actions,
        categories=found.section(ViolationCategory, "categories"),
        types=found.section(ViolationType, "types"),
        outside=found.parse(tuple[str, ...], found.data.get("outside"), "outside"),
        terms=terms,
    )
    if faults := faults_of(loaded):
        raise LawError(faults)
    return Law(
        bodies={body.id: body for body in bodies},
        instruments={instrument.id: instrument for _, instrument in instruments},
        provinces={province.scope: province for _, province in provinces},
        actions={action.id: action for action in actions},
        violation_categories={category.id: category for category in loaded.categories},
        violation_types={one.id: one for one in loaded.types},
        outside=loaded.outside,
        terms={term.id: term for term in terms},
        calendar=WorkingDays(rules.parse(CalendarRules, rules.data)),
        _clauses={clause.id: (one, clause) for _, one in instruments for clause in one.clauses},
    )


def _instrument(source: Source) -> Instrument:
    source.only("instrument", "clauses")
    clauses = source.section(Clause, "clauses")
    head: dict[str, Any] = source.data.get("instrument")
    instrument = source.parse(Instrument, head, "instrument")
    return instrument.model_copy(update={"clauses": tuple(clauses)})


class _ProvinceHead(Row):
    scope: Code
    name: Name
    source: str
    verified: bool
    note: str | None = None


def _province(source: Source) -> Province:
    rows = ("instruments", "areas", "agencies", "per_area")
    source.only(*_ProvinceHead.model_fields, *rows)
    head = source.parse(_ProvinceHead, {key: value for key, value in source.data.items() if key not in rows})
    areas = source.section(Area, "areas")
    agencies = source.section(Agency, "agencies")
    made = [pattern.agency_in(area) for pattern in source.section(PerArea, "per_area") for area in areas]
    return Province(
        **head.model_dump(exclude={"name"}),
        name=head.name,
        areas=tuple(areas),
        agencies=(*agencies, *made),
        instruments=tuple(source.section(AppliedInstrument, "instruments")),
    )
