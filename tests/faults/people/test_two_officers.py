"""Two officers change one thing at the same moment: the version that each has seen decides."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.load import Call, Officer

IN_ONE_STREAM = 100


def at_once(system: System, officers: list[Officer], path: str, body: dict[str, Any], version: int) -> list[Call]:
    """All of them ask for the same, having seen `version`."""
    start = Barrier(len(officers))

    def ask(officer: Officer) -> Call:
        start.wait(10)
        return system.doors.ask(officer, path, body, if_match=version)

    with ThreadPoolExecutor(len(officers)) as pool:
        return list(pool.map(ask, officers))


def one_wins(calls: list[Call], version: int) -> Call:
    """The one that was accepted; the other was told which version there is now."""
    refused, accepted = sorted(calls, key=lambda call: call.status < 300)
    assert (accepted.status < 300, refused.status) == (True, 409), [dict(call.answer) for call in calls]
    assert refused.answer["code"] == "stale-version"
    assert refused.answer["current_version"] == version + 1
    return accepted


@pytest.mark.fault("F58")
def test_of_two_officers_one_wins_and_the_other_is_told_the_current_version(system: System) -> None:
    officers = [system.officer(subject="le-van-a"), system.officer(subject="tran-thi-b")]
    keys: list[str] = []
    provider: UUID | None = None
    version = 0
    for number, _ in enumerate(rounds("F58", "tries")):
        if number % IN_ONE_STREAM == 0:
            provider, version, keys = system.world.provider(), 1, []
        path = f"/registry/v1/providers/{provider}/api-keys"
        if number % 2:
            calls = at_once(system, officers, f"{path}/{keys[-1]}/revocation", {"reason": "Lộ khoá."}, version)
            one_wins(calls, version)
        else:
            keys.append(one_wins(at_once(system, officers, path, {}, version), version).answer["key_id"])
        version += 1
    system.check()
