"""Why the register says no. Each has a stable code; `members` name the ids a client needs.

NotFound
├── ProviderNotFound  AgentNotFound  ContractNotFound  LineNotFound  AgentListNotFound  KeyNotFound
Invalid
├── UnknownArea  DateInFuture  NotAnIsp  NotATelecom  MonthInFuture
└── NotAWorkbook  TooManyRows  HeaderNotFound  ListIsEmpty
Refusal
├── AgentAlreadyRegistered  AgentNotConfirmed  AgentIsClosed
├── ContractAlreadyInForce  ContractIsTerminated
├── LineAlreadyAttached  LineServesAnother  LineIsCut
└── KeyAlreadyRevoked  WorkbookTooLarge
"""

from contracts.refusals import Invalid, NotFound, Refusal


class ProviderNotFound(NotFound, code="provider-not-found", status=404, title="No such company is in the register"): ...


class AgentNotFound(NotFound, code="agent-not-found", status=404, title="No such agent is in the register"): ...


class ContractNotFound(NotFound, code="contract-not-found", status=404, title="The agent has no such contract"): ...


class LineNotFound(NotFound, code="line-not-found", status=404, title="No such line serves this agent"): ...


class AgentListNotFound(NotFound, code="agent-list-not-found", status=404, title="There is no such list"): ...


class KeyNotFound(NotFound, code="key-not-found", status=404, title="The company has no such key"): ...


class UnknownArea(Invalid, code="unknown-area", status=422, title="There is no such area in the province"): ...


class DateInFuture(Invalid, code="date-in-future", status=422, title="The date lies in the future"): ...


class MonthInFuture(Invalid, code="month-in-future", status=422, title="The month has not begun"): ...


class NotAnIsp(Invalid, code="not-an-isp", status=422, title="The company is not an Internet service provider"): ...


class NotATelecom(Invalid, code="not-a-telecom", status=422, title="The company is not a telecom company"): ...


class NotAWorkbook(Invalid, code="not-a-workbook", status=422, title="The file is not an XLSX workbook"): ...


class TooManyRows(Invalid, code="too-many-rows", status=422, title="The list has too many rows"): ...


class HeaderNotFound(Invalid, code="header-not-found", status=422, title="The list's header was not found"): ...


class ListIsEmpty(Invalid, code="list-is-empty", status=422, title="The list has no rows"): ...


class WorkbookTooLarge(
    Refusal, code="workbook-too-large", status=413, title="The workbook is larger than may be read"
): ...


class AgentAlreadyRegistered(
    Refusal, code="agent-already-registered", status=409, title="The agent is registered already"
): ...


class AgentNotConfirmed(
    Refusal, code="agent-not-confirmed", status=409, title="The agent is only reported, not registered"
): ...


class AgentIsClosed(Refusal, code="agent-is-closed", status=409, title="The agent gave up its business"): ...


class ContractAlreadyInForce(
    Refusal, code="contract-already-in-force", status=409, title="A contract with this company is in force"
): ...


class ContractIsTerminated(
    Refusal, code="contract-is-terminated", status=409, title="The contract of this number ended"
): ...


class LineAlreadyAttached(
    Refusal, code="line-already-attached", status=409, title="The line serves this agent already"
): ...


class LineServesAnother(Refusal, code="line-serves-another", status=409, title="The line serves another agent"): ...


class LineIsCut(Refusal, code="line-is-cut", status=409, title="The line was cut"): ...


class KeyAlreadyRevoked(Refusal, code="key-already-revoked", status=409, title="The key was taken back already"): ...
