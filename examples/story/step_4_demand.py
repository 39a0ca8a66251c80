"""Each violation is a case; the Department issues one round that demands the end of the contracts (HD-2.1d3)."""

from datetime import UTC, datetime, timedelta

from examples.samples.generator import SampleAgent
from examples.story.cast import DEPARTMENT
from examples.story.companies import bring_up
from examples.story.stage import ENOUGH_S, Stage

TITLE = "The Department demands the end of four contracts; signed webhooks go to three ISPs"

REPORT_BACK_S = 30
"""How far ahead the officer sets the report-back, so that the story need not wait for weeks."""


def play(stage: Stage) -> None:
    bring_up(stage)
    cases = [case_of(stage, agent) for agent in stage.cast.visited]
    issued = stage.doors.ask(
        "termination-round",
        DEPARTMENT,
        "/enforcement/v1/termination-rounds",
        lambda: {
            "letter_number": "1113/STTTT-TTra",
            "report_back_at": (datetime.now(UTC) + timedelta(seconds=REPORT_BACK_S)).isoformat(),
            "reason": "Đại lý vi phạm; hạn báo cáo đặt sớm để chạy thử (mẫu)",
            "case_ids": cases,
        },
        again_on=("report-back-in-the-past", "nothing-to-demand"),
    )
    stage.journal.keep("termination-round", issued)
    demanded = stage.see("the demands", count=len(issued["orders"]), type="enforcement.contract-termination-demanded",
                         ref=issued["round_id"])  # fmt: skip
    for order in demanded:
        stage.see("the webhook", limit_s=ENOUGH_S, type="notify.webhook-delivered", ref=order["data"]["order_id"])
    stage.tell(f"letter 1113/STTTT-TTra: {len(demanded)} orders, each delivered and signed; report-back in 30 s")


def case_of(stage: Stage, agent: SampleAgent) -> str:
    """The case that the agent's violation led to."""
    kept = stage.journal.kept(f"inspection-of-{agent.certificate_number}")
    assert kept is not None, "the agent is visited in step 3"
    return str(stage.see("the case", type="enforcement.case-opened", ref=kept["inspection_id"])[0]["data"]["case_id"])
