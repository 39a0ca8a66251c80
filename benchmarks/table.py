"""What was measured, held against what is wanted: medians of rounds, ratios, one table, one JSON file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Wanted:
    """`at_least` or `at_most` this much of `unit`: of the value itself, or of its ratio to what stands beside it."""

    bound: float
    kind: Literal["at least", "at most"] = "at least"
    ratio: bool = False

    def is_reached(self, value: float) -> bool:
        return value >= self.bound if self.kind == "at least" else value <= self.bound


@dataclass(slots=True)
class Row:
    """One number of ours. `ours` and `beside` hold one value a round, in `unit`; `beside` is the peer or the limit."""

    what: str
    unit: str
    wanted: Wanted | None = None
    peer: str = ""
    ours: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)

    @property
    def value(self) -> float:
        return median(self.ours)

    @property
    def ratio(self) -> float | None:
        """The medians of both sides: what one odd round did to one of them counts for nothing."""
        return median(self.ours) / median(self.beside) if self.beside else None

    @property
    def reached(self) -> bool | None:
        """None where nothing is wanted."""
        if self.wanted is None:
            return None
        value = self.ratio if self.wanted.ratio else self.value
        return value is not None and self.wanted.is_reached(value)

    def told(self) -> dict[str, Any]:
        """As it stands in the JSON file."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours,
            "median": self.value,
            "peer": self.peer or None,
            "beside": self.beside,
            "beside_median": median(self.beside) if self.beside else None,
            "ratio": self.ratio,
            "wanted": wanted_text(self),
            "reached": self.reached,
        }


def wanted_text(row: Row) -> str:
    """`≥ 0.9 ×`, `≤ 10 ms`, or nothing."""
    if row.wanted is None:
        return ""
    sign = "≥" if row.wanted.kind == "at least" else "≤"
    return f"{sign} {row.wanted.bound:g} ×" if row.wanted.ratio else f"{sign} {amount(row.wanted.bound)} {row.unit}"


def amount(value: float) -> str:
    """Three digits are enough of any measurement."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    made = Table(title="Medians of all rounds", title_justify="left")
    for name in ("measure", "ours", "beside it", "ratio", "wanted", ""):
        made.add_column(name, justify="left" if name in ("measure", "beside it", "") else "right")
    for row in rows:
        made.add_row(*cells(row))
    return made


def cells(row: Row) -> tuple[str, ...]:
    """One line: what, ours, the other, the ratio, what is wanted, and whether it is reached."""
    beside = f"{amount(median(row.beside))} {row.unit}  {row.peer}" if row.beside else ""
    ratio = f"{row.ratio:.2f} ×" if row.ratio is not None else ""
    mark = {True: "✓", False: "not reached", None: ""}[row.reached]
    return row.what, f"{amount(row.value)} {row.unit}", beside, ratio, wanted_text(row), mark
