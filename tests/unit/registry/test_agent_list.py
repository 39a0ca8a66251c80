"""What is said of a company's list as a whole (HD-3b part 2)."""

from datetime import date

import pytest

from contracts.commands.registry import ListedLine, ReportAgentList, RowProblem
from contracts.events.registry import AgentListReceived
from services.registry.domain.agent_list import check_month, receive_list, unknown_owners
from services.registry.domain.errors import MonthInFuture
from tests.unit.registry.facts import ISP, LIST, ROW

pytestmark = pytest.mark.clause("HD-3b")

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("month", ["2026-11", "2026-10", "2009-12"])
def test_a_list_is_of_a_month_that_has_begun(month):
    check_month(month, TODAY)


@pytest.mark.parametrize("month", ["2026-12", "2027-01"])
def test_a_list_of_a_month_to_come_is_refused(month):
    with pytest.raises(MonthInFuture) as raised:
        check_month(month, TODAY)
    assert raised.value.members == {"month": month, "today": TODAY}


def test_a_row_with_a_line_of_nobody_in_the_register_is_named_by_its_cell():
    lines = tuple(ListedLine(kind="adsl", number=str(n), telecom=name) for n, name in enumerate(("vnpt", "abc", "abc")))
    row = ROW.model_copy(update={"lines": lines})
    expected = RowProblem(row=5, column="K", reason="no telecom company of the name 'abc' is in the register")
    assert unknown_owners(row, {"vnpt": "vnpt-hd"}, "K") == [expected]
    assert unknown_owners(row, {"vnpt": "vnpt-hd", "abc": "abc"}, "K") == []


def test_a_row_with_two_problems_is_one_bad_row():
    problems = [RowProblem(row=7, column=column, reason="is empty") for column in "BE"]
    command = ReportAgentList(
        provider_id=ISP, month="2026-10", sha256="00", rows=(ROW,), problems=tuple(problems), duplicates=3
    )
    expected = AgentListReceived(
        list_id=LIST, provider_id=ISP, month="2026-10", sha256="00", good=1, bad=1, duplicates=3
    )
    assert receive_list(LIST, command, 1, problems) == expected
