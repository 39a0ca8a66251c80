"""The two documents are loaded; every holder and role of every clause that is a duty has its row."""

from examples.story.cast import DEPARTMENT
from examples.story.stage import Stage

TITLE = "The directive of Hải Dương is in force, and everybody's duties are on the list"


def play(stage: Stage) -> None:
    instrument = stage.see("the instrument in force", type="reporting.instrument-registered")[0]["data"]
    duties = stage.see("the duties", type="reporting.duty-assigned")
    lead = [duty for duty in duties if duty["data"]["holder"] == DEPARTMENT.agency]
    stage.tell(f"{instrument['title']}: {instrument['clauses']} clauses")
    stage.tell(f"{len(duties)} duties so far, {len(lead)} of them the Department's own")
