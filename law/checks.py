"""What no single row can know: that names in one file of the law's data exist in another. Faults name file and line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from law.actions import Action, Grant
from law.agencies import Province
from law.models import Body, Clause, Instrument, Term
from law.sources import Source
from law.violations import ViolationCategory, ViolationType


@dataclass(frozen=True)
class Loaded:
    """The rows of all files, each valid by itself, with the sources that know their lines."""

    sources: Mapping[str, Source]
    bodies: list[Body]
    instruments: list[tuple[Source, Instrument]]
    provinces: list[tuple[Source, Province]]
    actions: list[Action]
    categories: list[ViolationCategory]
    types: list[ViolationType]
    outside: tuple[str, ...]
    terms: list[Term]

    @property
    def body_kinds(self) -> dict[str, str]:
        return {body.id: body.kind for body in self.bodies}

    @property
    def clauses(self) -> dict[str, tuple[Instrument, Clause]]:
        return {clause.id: (one, clause) for _, one in self.instruments for clause in one.clauses}

    @property
    def instrument_ids(self) -> frozenset[str]:
        return frozenset(instrument.id for _, instrument in self.instruments)


def faults_of(loaded: Loaded) -> list[str]:
    """Every fault between the files, as `file:line: what is wrong`; empty when there is none."""
    bodies, terms = loaded.sources["bodies.yaml"], loaded.sources["terms.yaml"]
    return [
        *_twice(bodies, "bodies", "agency", (body.id for body in loaded.bodies)),
        *_twice(terms, "terms", "term", (term.id for term in loaded.terms)),
        *_instruments(loaded),
        *_provinces(loaded),
        *_actions(loaded),
        *_violations(loaded),
    ]


def _twice(source: Source, section: str, what: str, ids: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in seen:
            yield f"{source.at(section, index)}: {what} '{one}' stands here twice"
        seen.add(one)


def _instruments(loaded: Loaded) -> Iterator[str]:
    kinds, known = loaded.body_kinds, loaded.instrument_ids
    first: dict[str, str] = {}
    for source, instrument in loaded.instruments:
        at = source.at("instrument", "id")
        if instrument.id in first:
            yield f"{at}: instrument '{instrument.id}' stands already in {first[instrument.id]}"
        first.setdefault(instrument.id, at)
        for index, basis in enumerate(instrument.based_on):
            if basis.instrument is not None and basis.instrument not in known:
                yield f"{source.at('instrument', 'based_on', index)}: unknown instrument '{basis.instrument}'"
        for index, clause in enumerate(instrument.clauses):
            place = ("clauses", index)
            at = source.at(*place, "id")
            if clause.id in first:
                yield f"{at}: clause '{clause.id}' stands already in {first[clause.id]}"
            first.setdefault(clause.id, at)
            if not clause.id.startswith(f"{instrument.id}-"):
                yield f"{at}: clause '{clause.id}' is none of instrument '{instrument.id}'"
            yield from (
                f"{source.at(*place, 'readers')}: unknown agency '{one}'" for one in clause.readers if one not in kinds
            )
            yield from _effective(source, place, instrument, clause)
            for number, holder in enumerate(clause.holders):
                for body in (holder.agency, *holder.partners):
                    if body not in kinds:
                        yield f"{source.at(*place, 'holders', number)}: unknown agency '{body}'"


def _effective(source: Source, place: tuple[str, int], instrument: Instrument, clause: Clause) -> Iterator[str]:
    days, signed = clause.effective_days_after_signing, instrument.signed_on
    if days is not None and (signed is None or instrument.valid_from != signed + timedelta(days=days)):
        yield (
            f"{source.at(*place, 'effective_days_after_signing')}: {days} days after signing on {signed} "
            f"do not lead to valid_from {instrument.valid_from}"
        )


def _provinces(loaded: Loaded) -> Iterator[str]:
    kinds = loaded.body_kinds
    instruments = {instrument.id: instrument for _, instrument in loaded.instruments}
    for source, province in loaded.provinces:
        yield from _twice(source, "areas", "area", (area.code for area in province.areas))
        yield from _twice(source, "agencies", "agency", (agency.code for agency in province.agencies))
        codes = {agency.code for agency in province.agencies}
        areas = {area.code for area in province.areas}
        for index, agency in enumerate(province.agencies):
            at = source.at("agencies", index) if agency.area is None else source.at("per_area")
            if agency.body not in kinds:
                yield f"{at}: unknown agency '{agency.body}'"
            if agency.superior is not None and agency.superior not in codes:
                yield f"{at}: unknown superior '{agency.superior}' of '{agency.code}'"
            if agency.area is not None and agency.area not in areas:
                yield f"{at}: unknown area '{agency.area}'"
        present = {agency.body for agency in province.agencies}
        for index, applied in enumerate(province.instruments):
            at = source.at("instruments", index)
            instrument = instruments.get(applied.instrument)
            if instrument is None:
                yield f"{at}: unknown instrument '{applied.instrument}'"
                continue
            held = {holder.agency for clause in instrument.clauses for holder in clause.holders}
            for body in sorted(held - present):
                if kinds.get(body) in ("agency", "district"):
                    yield f"{at}: '{instrument.id}' binds '{body}', but this province has no such agency"


def _actions(loaded: Loaded) -> Iterator[str]:
    source = loaded.sources["actions.yaml"]
    yield from _twice(source, "actions", "action", (action.id for action in loaded.actions))
    known = {action.id: action for action in loaded.actions}
    for index, action in enumerate(loaded.actions):
        for included in action.includes:
            if included not in known:
                yield f"{source.at('actions', index, 'includes')}: unknown action '{included}'"
            elif _reaches(known, included, action.id):
                yield f"{source.at('actions', index, 'includes')}: '{action.id}' includes itself"
        for number, grant in enumerate(action.grants):
            at = source.at("actions", index, "grants", number)
            yield from (f"{at}: {fault}" for fault in _grant(loaded, grant))


def _reaches(actions: Mapping[str, Action], start: str, goal: str) -> bool:
    seen: set[str] = set()
    open_ids = [start]
    while open_ids:
        one = open_ids.pop()
        if one == goal:
            return True
        if one not in seen and one in actions:
            seen.add(one)
            open_ids += actions[one].includes
    return False


def _grant(loaded: Loaded, grant: Grant) -> Iterator[str]:
    kinds = loaded.body_kinds
    yield from (f"unknown agency '{body}'" for body in grant.agencies if body not in kinds)
    if grant.scope is not None and grant.scope not in {province.scope for _, province in loaded.provinces}:
        yield f"unknown province '{grant.scope}'"
    if grant.instrument is not None and grant.instrument not in loaded.instrument_ids:
        yield f"unknown instrument '{grant.instrument}'"
    if grant.clause is None:
        return
    if grant.clause not in loaded.clauses:
        yield f"unknown clause '{grant.clause}'"
        return
    instrument, clause = loaded.clauses[grant.clause]
    named = {instrument.issuer}.union(*({holder.agency, *holder.partners} for holder in clause.holders))
    yield from (f"clause '{clause.id}' does not name '{body}'" for body in grant.agencies if body not in named)


def _violations(loaded: Loaded) -> Iterator[str]:
    source = loaded.sources["violations.yaml"]
    yield from _twice(source, "categories", "category", (one.id for one in loaded.categories))
    yield from _twice(source, "types", "violation type", (one.id for one in loaded.types))
    conduct = {category.id for category in loaded.categories if category.conduct}
    for index, instrument in enumerate(loaded.outside):
        if instrument not in loaded.instrument_ids:
            yield f"{source.at('outside', index)}: unknown instrument '{instrument}'"
    for index, one in enumerate(loaded.types):
        if one.category not in conduct:
            yield f"{source.at('types', index, 'category')}: '{one.category}' is no category of conduct"
        for clause in one.breaches:
            if clause not in loaded.clauses:
                yield f"{source.at('types', index, 'breaches')}: unknown clause '{clause}'"
