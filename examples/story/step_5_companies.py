"""The ISPs acknowledge and execute; one answers 500 twice before it accepts, one stays silent."""

from examples.story.cast import DEPARTMENT
from examples.story.companies import bring_up
from examples.story.stage import Stage

TITLE = "Two ISPs end their contracts, one after a bad start; the third acknowledges and falls silent"


def play(stage: Stage) -> None:
    bring_up(stage)
    issued = stage.journal.kept("termination-round")
    assert issued is not None, "the round is issued in step 4"
    silent = [company for company in stage.cast.isps if stage.cast.behaviour(company) == "silent"]
    silent_ids = {stage.provider_id(company) for company in silent}
    for order in issued["orders"]:
        order_id = order["order_id"]
        stage.see("the acknowledgement", type="enforcement.order-acknowledged", ref=order_id)
        if order["addressee_id"] not in silent_ids:
            stage.see("the execution", type="enforcement.order-executed", ref=order_id)
            stage.see("the end of the contract", type="registry.contract-terminated", ref=order_id)
    attempts = [
        delivery["attempts"]
        for delivery in stage.doors.page_through(DEPARTMENT, "/notify/v1/deliveries", state="delivered")
        if delivery["order_id"] in {order["order_id"] for order in issued["orders"]}
    ]
    stage.tell(f"three contracts are ended in the register; the webhooks took {sorted(attempts)} attempts")
