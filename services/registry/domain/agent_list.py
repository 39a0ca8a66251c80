"""The list of agents of a monthly filing (HD-3b part 2): which of its rows stand, and what is said of it as a whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from contracts.commands.registry import ListedAgent, ReportAgentList, RowProblem
from contracts.events.registry import AgentListReceived
from services.registry.domain.errors import MonthInFuture

CATEGORY = "agent-list"


def check_month(month: str, today: date) -> None:
    """Raises MonthInFuture. A list of the running month may come early."""
    if month > f"{today:%Y-%m}":
        raise MonthInFuture("The list is of {month}, today is {today}", today=today, month=month)


def unknown_owners(row: ListedAgent, telecoms: Mapping[str, str], column: str) -> list[RowProblem]:
    """What is wrong with a row because a line's owner is no registered telecom company.

    `telecoms`: the owner as the list names it → the company's code; what is not in it is not registered.
    """
    unknown = sorted({line.telecom for line in row.lines} - telecoms.keys())
    reason = "no telecom company of the name '{}' is in the register"
    return [RowProblem(row=row.row, column=column, reason=reason.format(owner)) for owner in unknown]


def receive_list(
    list_id: UUID, command: ReportAgentList, good: int, problems: Sequence[RowProblem]
) -> AgentListReceived:
    """The whole list, after its rows; `problems` are all of them, some rows may have several."""
    return AgentListReceived(
        list_id=list_id,
        provider_id=command.provider_id,
        month=command.month,
        sha256=command.sha256,
        good=good,
        bad=len({problem.row for problem in problems}),
        duplicates=command.duplicates,
    )
