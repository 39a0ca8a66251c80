"""Two work processes of one service, started by mistake, and connections that the server ends under them."""

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.load import Traffic

CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'registry work' and datname = 'registry' order by random() limit 1
"""


@pytest.mark.fault("F4")
def test_two_sequencers_with_connections_cut_under_them_give_no_position_twice(system: System) -> None:
    first = system.child("registry-work")
    with system.twin("registry") as second, Traffic(system.world.register_and_sign).running() as traffic:
        for _ in rounds("F4", "cuts"):
            assert system.service("registry").rows(CUT) == [(True,)]
            traffic.wait_for(2)
        assert first.is_running()
        assert second.is_running()
    system.check()
