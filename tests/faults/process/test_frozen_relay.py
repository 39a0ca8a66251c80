"""F6: a work process is frozen, another does its work, and the first wakes up in the middle of its old sentence."""

import signal

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support import metrics_page
from tests.support.waiting import wait_until

PUBLISHED = "phoihop_relay_published_total"
TOOK_OVER_S = 60
HOLDS_THE_TURN = """
select count(*) from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and application_name = 'registry work' and state = 'idle in transaction'
"""


@pytest.mark.fault("F6")
def test_a_work_process_that_wakes_up_beside_its_successor_doubles_no_effect(system: System) -> None:
    """It is frozen with the sequencer's turn in its hands: the successor must not wait until it wakes up."""
    zombie, registry = system.child("registry-work"), system.service("registry")

    def frozen_at_its_worst_moment() -> bool:
        zombie.send(signal.SIGSTOP)
        if registry.value(HOLDS_THE_TURN):
            return True
        zombie.send(signal.SIGCONT)
        return False

    with system.busy() as traffic:
        try:
            traffic.wait_for(3)
            wait_until(frozen_at_its_worst_moment, 60, "the sequencer is met in a transaction", every_s=0.003)
            with system.twin("registry"):
                for _ in rounds("F6", "seconds"):
                    before = metrics_page.total(system.twin_port, PUBLISHED)
                    traffic.wait_for(1)
                    wait_until(
                        lambda seen=before: metrics_page.total(system.twin_port, PUBLISHED) > seen,  # type: ignore[misc]
                        TOOK_OVER_S,
                        "the successor relays",
                        every_s=0.5,
                    )
                with pytest.raises(AssertionError, match="no answer"):
                    system.metric("registry-work", PUBLISHED)
                zombie.send(signal.SIGCONT)
                before = system.metric("registry-work", PUBLISHED)
                traffic.wait_for(10)
        finally:
            zombie.send(signal.SIGCONT)
        assert zombie.is_running(), zombie.why_it_ended()
    system.check()
