"""A province as the law sees it: its areas, its agencies, and the instruments that apply there."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from law.models import Code, Name, Row, Sourced


class Area(Sourced):
    """A district, town or city (huyện, thị xã, thành phố) of a province."""

    code: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    name: Name


class Agency(Sourced):
    """A body in one province. `sector`: one of its functional departments (các sở, ngành chức năng)."""

    code: Code
    body: Code
    name: Name
    office: Name
    level: Literal["national", "province", "district"]
    superior: Code | None = None
    area: str | None = None
    sector: bool = False


class AppliedInstrument(Row):
    """That an instrument applies in a province; the dates serve areas that moved between provinces, half open."""

    instrument: str
    applied_from: date | None = None
    applied_to: date | None = None

    def applies_on(self, day: date) -> bool:
        after_start = self.applied_from is None or self.applied_from <= day
        return after_start and (self.applied_to is None or day < self.applied_to)


class Province(Sourced):
    """A province: its agencies by code (district ones made from `per_area` and the areas), areas, instruments."""

    scope: Code
    name: Name
    areas: tuple[Area, ...]
    agencies: tuple[Agency, ...]
    instruments: tuple[AppliedInstrument, ...]
    note: str | None = None

    def agency(self, code: str) -> Agency | None:
        return next((agency for agency in self.agencies if agency.code == code), None)

    def agencies_of(self, body: str) -> tuple[Agency, ...]:
        """The agencies that are this body: one, two (the media), or one a district."""
        return tuple(agency for agency in self.agencies if agency.body == body)

    def with_those_below(self, code: str) -> frozenset[str]:
        """The agency and every one below it: what a tip about it must not reach (HD-2.6c)."""
        below = {code}
        while more := {agency.code for agency in self.agencies if agency.superior in below} - below:
            below |= more
        return frozenset(below)


class PerArea(Sourced):
    """One agency in every area of a province: `{area}` in the names stands for the area's name, in `superior` for
    its code."""

    body: Code
    name: Name
    office: Name
    superior: Code | Annotated[str, Field(pattern=r"^[a-z.]+\{area\}$")]

    def agency_in(self, area: Area) -> Agency:
        return Agency(
            code=f"{self.body}.{area.code}",
            body=self.body,
            name=Name(vi=self.name.vi.format(area=area.name.vi), en=self.name.en.format(area=area.name.en)),
            office=self.office,
            level="district",
            superior=self.superior.format(area=area.code),
            area=area.code,
            source=self.source,
            verified=self.verified,
        )
