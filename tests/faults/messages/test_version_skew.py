"""F13: an older release beside a newer one, on the same topics and tables. (Commands: test_poisoned_commands.py.)"""

import pytest

from deploy.local.stack.stack import ready_answer
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support import metrics_page
from tests.support.waiting import wait_until

STOPPED = "phoihop_consumer_stopped"
LIMIT_S = 60
"""Includes the session of a member that left without a word."""
STANDS_STILL = "select count(*) from stopped where reason = 'unknown-type'"
OLDER = "tests.faults.releases.older"


@pytest.mark.fault("F13")
def test_what_an_older_release_does_not_know_waits_for_the_newer_one_and_everything_else_goes_on(
    system: System,
) -> None:
    """enforcement's older release has not heard of contracts yet; its newer one joins, and the older one leaves."""
    enforcement = system.service("enforcement")

    def stands_still() -> bool:
        return metrics_page.total(system.twin_port, STOPPED, reason="unknown-type") > 0

    with system.busy() as traffic:
        for _ in rounds("F13", "rounds"):
            system.end("enforcement-work")
            release = "enforcement registry AgencyContractSigned"
            with system.twin("enforcement", "work", OLDER, OLDER_RELEASE=release):
                traffic.wait_for(3)
                wait_until(stands_still, LIMIT_S, "the older release stands still, and shows it", every_s=0.2)
                assert enforcement.value(STANDS_STILL) > 0
                before = enforcement.value("select sum(position) from watermark where topic like 'inspection%%'")
                system.world.inspection_with_invitation("ppd")
                wait_until(
                    lambda before=before: (
                        enforcement.value(  # type: ignore[misc]
                            "select sum(position) from watermark where topic like 'inspection%%'"
                        )
                        > before
                    ),
                    LIMIT_S,
                    "what it knows goes on",
                )
                system.launch("enforcement-work")
                system.wait_ready("enforcement-work")
                traffic.wait_for(3)
            wait_until(lambda: enforcement.value(STANDS_STILL) == 0, LIMIT_S, "the newer one goes on")
    assert not ready_answer(system.port("enforcement-work"))
    system.check()
