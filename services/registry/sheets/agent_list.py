"""Reads a company's list of agents (HD-3b part 2): good rows, why the others were not taken, how many stood twice."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.commands.registry import ListedAgent, ListedLine, RowProblem
from services.registry.domain.errors import HeaderNotFound, ListIsEmpty, NotAWorkbook, TooManyRows
from services.registry.domain.natural_keys import line_key, number_key, slug, text_key
from services.registry.sheets.areas import Areas
from services.registry.sheets.cells import Unreadable, date_of, line_kind, parts_of, text_of
from services.registry.sheets.header import SEARCHED_ROWS, TITLES, Column, Header, find_header
from services.registry.sheets.workbook import Cell, Row, read_sheets

MAX_ROWS = 20_000
FOOTER_CELLS = 2
"""A row without a number in front and with so few cells filled is no agent: a total, a place and date, a signature."""

_EMPTY = Cell(None, "General")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a list says. `duplicates` counts the rows that repeat an earlier one word for word where it matters.

    `telecom_column` is the letter of the column that names the owners of the lines.
    """

    rows: tuple[ListedAgent, ...]
    problems: tuple[RowProblem, ...]
    duplicates: int
    telecom_column: str


def read_agent_list(content: bytes, area_names: Mapping[str, str]) -> Sheet:
    """Raises NotAWorkbook, WorkbookTooLarge, HeaderNotFound, TooManyRows, ListIsEmpty.

    `area_names`: code → Vietnamese name of the province's areas.
    """
    header, rows = _find_list(content)
    reader = _Reader(header, Areas(area_names))
    for row in rows:
        reader.take(row)
        if reader.taken > MAX_ROWS:
            raise TooManyRows("The list has more than {limit} rows", limit=MAX_ROWS)
    if not reader.taken:
        raise ListIsEmpty("The header was found, but no row below it")
    return Sheet(tuple(reader.rows), tuple(reader.problems[:MAX_ROWS]), reader.duplicates, header.letter("telecom"))


def _find_list(content: bytes) -> tuple[Header, Iterator[Row]]:
    """The header and the rows below it, of the first sheet that has one."""
    missing: HeaderNotFound | None = None
    for sheet in read_sheets(content):
        first = list(itertools.islice(sheet, SEARCHED_ROWS + 1))
        try:
            header = find_header(first)
        except HeaderNotFound as error:
            missing = missing or error
            continue
        below = (row for row in first if row.number > header.last_row)
        return header, itertools.chain(below, sheet)
    raise missing or NotAWorkbook("The workbook has no sheet with rows")


@dataclass(slots=True)
class _Reader:
    header: Header
    areas: Areas
    taken: int = 0
    rows: list[ListedAgent] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    duplicates: int = 0
    _agents: dict[str, ListedAgent] = field(default_factory=dict)
    _contracts: dict[str, int] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Counts a row as good, bad or a duplicate; leaves footers and repeated headers aside."""
        cells = _Cells(row, self.header)
        if cells.is_footer():
            return
        self.taken += 1
        listed = self._read(cells)
        if listed is None:
            self.problems += cells.problems
            return
        certificate = number_key(listed.business_certificate_number or "")
        key = certificate or f"{text_key(listed.name)}/{text_key(listed.address)}"
        if self._stands_already(key, listed, cells):
            self.problems += cells.problems
            return
        self._agents[key] = listed
        self._contracts[number_key(listed.contract_number)] = row.number
        self._lines |= {f"{line.telecom}/{line_key(line.number)}": row.number for line in listed.lines}
        self.rows.append(listed)

    def _read(self, cells: "_Cells") -> ListedAgent | None:
        name, owner = cells.required("name"), cells.required("owner")
        address, contract = cells.required("address"), cells.required("contract")
        area = self._area(cells)
        certificate, signed_on, lines = cells.text("certificate"), cells.date("signed_on"), self._read_lines(cells)
        if cells.problems:
            return None
        return ListedAgent(
            row=cells.row.number,
            name=name,
            owner_name=owner,
            business_certificate_number=certificate or None,
            address=address,
            area=area,
            contract_number=contract,
            contract_signed_on=signed_on,
            lines=lines,
        )

    def _area(self, cells: "_Cells") -> str:
        text = cells.required("area")
        code = self.areas.find(text) if text else ""
        if code is None:
            cells.problem("area", f'"{text}" is no district or town of this province')
        return code or ""

    def _read_lines(self, cells: "_Cells") -> tuple[ListedLine, ...]:
        numbers, kinds, telecoms = cells.parts("line_number"), cells.parts("line_kind"), cells.parts("telecom")
        if not numbers:
            return ()
        kind_of = cells.one_each("line_kind", kinds, len(numbers))
        telecom_of = cells.one_each("telecom", telecoms, len(numbers))
        if cells.problems:
            return ()
        written = zip(kind_of, numbers, telecom_of, strict=True)
        codes = [(line_kind(kind), number, slug(owner)) for kind, number, owner in written]
        for kind, _, owner in codes:
            if not kind:
                cells.problem("line_kind", "no kind of line can be read")
            if not owner:
                cells.problem("telecom", "no company's name can be read")
        if cells.problems:
            return ()
        return tuple(ListedLine(kind=kind, number=number, telecom=owner) for kind, number, owner in codes)

    def _stands_already(self, key: str, listed: ListedAgent, cells: "_Cells") -> bool:
        """Whether the row repeats an earlier one, or contradicts it: then the problem is noted."""
        earlier = self._agents.get(key)
        if earlier is not None and number_key(earlier.contract_number) == number_key(listed.contract_number):
            self.duplicates += 1
            return True
        if earlier is not None:
            column: Column = "certificate" if listed.business_certificate_number else "name"
            cells.problem(
                column, f"row {earlier.row} lists this agent already, with contract {earlier.contract_number}"
            )
        contract_row = self._contracts.get(number_key(listed.contract_number))
        if contract_row is not None:
            cells.problem("contract", f"contract {listed.contract_number} stands in row {contract_row} already")
        for line in listed.lines:
            line_row = self._lines.get(f"{line.telecom}/{line_key(line.number)}")
            if line_row is not None:
                cells.problem("line_number", f"line {line.number} stands in row {line_row} already")
        return bool(cells.problems)


@dataclass(slots=True)
class _Cells:
    """One row's cells by column, and what is wrong with them."""

    row: Row
    header: Header
    problems: list[RowProblem] = field(default_factory=list)

    def is_footer(self) -> bool:
        filled = sum(1 for cell in self.row.cells if cell.value is not None and str(cell.value).strip())
        numbered = str(self._cell("position").value or "").strip().rstrip(".").removesuffix(".0").isdigit()
        return filled <= FOOTER_CELLS and not numbered

    def text(self, column: Column) -> str:
        try:
            return text_of(self._cell(column))
        except Unreadable as why:
            self.problem(column, str(why))
            return ""

    def required(self, column: Column) -> str:
        before = len(self.problems)
        text = self.text(column)
        if not text and len(self.problems) == before:
            self.problem(column, f"{TITLES[column]} is empty")
        return text

    def date(self, column: Column) -> date | None:
        try:
            return date_of(self._cell(column))
        except Unreadable as why:
            self.problem(column, str(why))
            return None

    def parts(self, column: Column) -> tuple[str, ...]:
        try:
            return parts_of(self._cell(column))
        except Unreadable as why:
            self.problem(column, str(why))
            return ()

    def one_each(self, column: Column, parts: tuple[str, ...], lines: int) -> tuple[str, ...]:
        """One text for each line; a single one holds for all of them."""
        if len(parts) == lines:
            return parts
        if len(parts) == 1:
            return parts * lines
        self.problem(column, f"{len(parts)} entries for {lines} lines; write one, or one for each line")
        return ()

    def problem(self, column: Column, reason: str) -> None:
        self.problems.append(RowProblem(row=self.row.number, column=self.header.letter(column), reason=reason))

    def _cell(self, column: Column) -> Cell:
        place = self.header.places.get(column)
        return self.row.cells[place] if place is not None and place < len(self.row.cells) else _EMPTY
