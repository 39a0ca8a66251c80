"""The lines of one agent are cut on the Department's own request (HD-3c4); the silent company is overdue."""

from datetime import UTC, datetime, timedelta
from typing import Any

from examples.story.cast import DEPARTMENT
from examples.story.companies import bring_up
from examples.story.stage import Stage
from examples.story.step_4_demand import case_of

TITLE = "One agent's lines are cut on the Department's request; the silent ISP is overdue"

CUT_REPORT_BACK_S = 600
OVERDUE_LIMIT_S = 60


def play(stage: Stage) -> None:
    bring_up(stage)
    agent = stage.cast.to_be_cut
    case_id = case_of(stage, agent)
    stage.see("the case closed after the contract's end", type="enforcement.case-closed", ref=case_id)
    lines = stage.doors.read(DEPARTMENT, f"/registry/v1/agents/{stage.agent(agent)['agent_id']}")["lines"]
    issued = stage.doors.ask(
        "line-cut",
        DEPARTMENT,
        f"/enforcement/v1/cases/{case_id}/line-cuts",
        lambda: {
            "letter_number": "1127/STTTT-TTra",
            "report_back_at": (datetime.now(UTC) + timedelta(seconds=CUT_REPORT_BACK_S)).isoformat(),
            "reason": "Đại lý tiếp tục hoạt động sau khi hợp đồng chấm dứt (mẫu)",
            "line_ids": sorted(line["line_id"] for line in lines),
        },
    )
    stage.see("the requests", count=len(issued["orders"]), type="enforcement.line-cut-requested",
              ref=issued["round_id"])  # fmt: skip
    for order in issued["orders"]:
        stage.see("the execution", type="enforcement.order-executed", ref=order["order_id"])
        if order["kind"] == "line-cut":
            stage.see("the cut", type="registry.line-cut", ref=order["order_id"])
    stage.see("the case closed again", count=2, type="enforcement.case-closed", ref=case_id)
    stage.tell(f"{agent.name}: {len(lines)} line(s) arranged by the ISP, cut by their owner, case closed")
    late = stage.see("the overdue order", limit_s=OVERDUE_LIMIT_S, type="enforcement.order-overdue",
                     ref=case_of(stage, stage.cast.visited[-1]))  # fmt: skip
    stage.until("the order in the list", lambda: _standing(stage, late[0]["data"]["order_id"]))
    stage.tell("the silent ISP's order is overdue and stands in the Department's list")


def _standing(stage: Stage, order_id: str) -> dict[str, Any] | None:
    """The order, once it stands in the Department's list of what is overdue."""
    overdue = stage.doors.page_through(DEPARTMENT, "/enforcement/v1/orders", state="overdue")
    return next((order for order in overdue if order["order_id"] == order_id), None)
