"""How reporting says no.

Refusal
├── UnknownInstrument, UnknownClause, UnknownCase, UnknownSummary   404
├── UnknownDuty                                                     404  nobody owes that under the loaded law
└── InstrumentNotInForce                                            409
"""

from contracts.refusals import NotFound, Refusal


class UnknownInstrument(NotFound, code="unknown-instrument", status=404, title="No such instrument is loaded"): ...


class UnknownClause(NotFound, code="unknown-clause", status=404, title="No such clause is loaded"): ...


class UnknownCase(NotFound, code="unknown-case", status=404, title="There is no such case"): ...


class UnknownSummary(NotFound, code="unknown-summary", status=404, title="There is no such summary"): ...


class UnknownDuty(NotFound, code="unknown-duty", status=404, title="Nobody owes that here"): ...


class InstrumentNotInForce(
    Refusal, code="instrument-not-in-force", status=409, title="The instrument is not in force here on that day"
): ...
