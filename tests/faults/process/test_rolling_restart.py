"""F10: SIGTERM to each process in turn while the system is used: no request fails, nothing takes long to end."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.faults.doses import rounds
from tests.faults.system import PARTS, SERVICES, System
from tests.support.line import line
from tests.support.load import Call, Doors, History, Traffic

DRAIN_S = 10.0
STARTED = "process_start_time_seconds"


class WatchedDoors(Doors):
    """Remembers every call made through it, and every status, of repeated attempts too; 0 is a broken connection."""

    def __init__(self, urls: Mapping[str, str], history: History) -> None:
        super().__init__(urls, history)
        self.statuses: Counter[int] = Counter()
        self.calls: list[Call] = []

    def ask(self, *arguments: Any, **more: Any) -> Call:
        call = super().ask(*arguments, **more)
        self.calls.append(call)
        return call

    def _post(self, *arguments: Any) -> requests.Response | None:
        response = super()._post(*arguments)
        self.statuses[response.status_code if response is not None else 0] += 1
        return response


@pytest.mark.fault("F10")
def test_a_rolling_restart_is_noticed_by_nobody(system: System) -> None:
    """registry's doors are two processes behind a balancer, which asks the other one when the first lets it not in."""
    with (
        system.twin("registry", "http") as twin,
        line(system.port("registry-http"), system.twin_port) as balancer,
    ):
        urls = {"registry": f"http://127.0.0.1:{balancer.port}"}
        doors = WatchedDoors(urls, system.history)
        world = system.world.through(doors)
        with system.busy(), Traffic(world.register_and_sign, pause_s=0.02).running() as traffic:
            for service in (service for _ in rounds("F10", "rounds") for service in SERVICES):
                names = [f"{service}-{part}" for part in PARTS]
                before = {name: system.metric(name, STARTED) for name in names}
                for name in names:
                    child = system.child(name)
                    assert child.stop(DRAIN_S) == 0, child.why_it_ended()
                    system.launch(name)
                traffic.wait_for(5)
                system.wait_ready(*names)
                for name in names:
                    assert system.metric(name, STARTED) > before[name], "a restart is seen from outside"
        assert twin.is_running(), twin.why_it_ended()
    assert set(doors.statuses) <= {0, 200, 201}, doors.statuses
    assert balancer.refused == 0, "one of the two was always there"
    assert max(call.attempts for call in doors.calls) <= 2, "a broken connection is mended by one more attempt"
    system.check()
