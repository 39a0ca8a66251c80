"""How enforcement says no.

Refusal
├── UnknownCase, UnknownOrder          404  (another company's order looks as if it were not there)
├── OrderIsSettled                     409  it was executed, objected to and decided, or withdrawn
├── NothingToDemand                    409  no live contract, or a line that is not the agent's
├── LeadRequestMissing                 409  the police lead, and their request is not recorded
├── ObjectionPending, NoObjection      409
└── ReportBackInThePast, FutureDate    422
"""

from contracts.refusals import NotFound, Refusal


class UnknownCase(NotFound, code="unknown-case", status=404, title="There is no such case"): ...


class UnknownOrder(NotFound, code="unknown-order", status=404, title="There is no such order"): ...


class OrderIsSettled(Refusal, code="order-is-settled", status=409, title="The order has come to its end"): ...


class NothingToDemand(Refusal, code="nothing-to-demand", status=409, title="There is nothing to demand"): ...


class LeadRequestMissing(
    Refusal, code="lead-request-missing", status=409, title="The leading agency has not asked"
): ...


class ObjectionPending(Refusal, code="objection-pending", status=409, title="An objection waits for its decision"): ...


class NoObjection(Refusal, code="no-objection", status=409, title="There is no objection to decide"): ...


class ReportBackInThePast(Refusal, code="report-back-in-the-past", status=422, title="The report-back has passed"): ...


class FutureDate(Refusal, code="future-date", status=422, title="The date lies in the future"): ...
