"""Facts of follow-up: instruments in force, duties, filings of the companies, summaries."""

from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.text import ClauseId, Code, Line, Month, Role


class InstrumentRegistered(Event, type="reporting.instrument-registered", version=1):
    """An instrument (văn bản) applies in the province; `valid_from` is null where the start is not known.

    `issuer` is an agency's code, or a name where the issuer is no agency of the province.
    """

    instrument_id: Code
    title: Line
    issuer: Line
    number: Line | None
    valid_from: date | None
    clauses: int


class DutyAssigned(Event, type="reporting.duty-assigned", version=1):
    """A clause binds a holder in a role (HD-7, LA-11.1). `holder`: an agency's code, a company's id, or a class."""

    duty_id: UUID
    key: Line
    instrument_id: Code
    clause: ClauseId
    holder: Line
    role: Role


class DutyReported(Event, type="reporting.duty-reported", version=1):
    """Something was done about a duty in a month, at most one a month: the event that shows it.

    `month` is the month it counts for: of a monthly filing the month it is about, else that of `done_on`.
    """

    duty_id: UUID
    clause: ClauseId
    holder: Line
    role: Role
    evidence_type: Line
    evidence_id: UUID
    done_on: date
    month: Month


class FilingSubmitted(Event, type="reporting.filing-submitted", version=1):
    """A company's monthly filing (báo cáo định kỳ, HD-3b) has this part: it refers to the list, it carries no rows."""

    filing_id: UUID
    provider_id: UUID
    month: Month
    part: Code
    list_id: UUID
    good: int
    bad: int


class SummaryCompiled(Event, type="reporting.summary-compiled", version=1):
    """A summary (báo cáo tổng hợp) was made. `content` is its JSON text, kept byte for byte, `sha256` of it in hex."""

    summary_id: UUID
    title: Line
    as_of: datetime
    sha256: Line
    content: str
