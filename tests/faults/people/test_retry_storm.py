"""One command sent many times at once, as by a double click or a client that lost its patience."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.doses import dose, rounds
from tests.faults.system import System
from tests.support.load import Call, Outcome


def storm(system: System, path: str, body: dict[str, Any]) -> list[Call]:
    """The same bytes under the same key, all at the same moment."""
    repeats, key = dose("F59", "repeats"), str(uuid4())
    start = Barrier(repeats)

    def ask(_: int) -> Call:
        start.wait(10)
        return system.doors.ask(system.world.officer, path, body, key=key)

    with ThreadPoolExecutor(repeats) as pool:
        return list(pool.map(ask, range(repeats)))


@pytest.mark.fault("F59")
@pytest.mark.clause("HD-2.1d3")
def test_a_storm_of_one_demand_makes_one_order_a_contract(system: System) -> None:
    world = system.world
    isps = [world.isp() for _ in range(2)]
    agent = world.agent_with_cases(isps, cases=dose("F59", "storms"))
    storms = rounds("F59", "storms")
    for _ in storms:
        case = agent.cases.pop()
        calls = storm(system, "/enforcement/v1/termination-rounds", world.round_body(case))
        assert {call.outcome for call in calls} == {Outcome.OK}
        assert len({str(sorted(call.answer.items())) for call in calls}) == 1, "everybody gets the same answer"
        assert [call.replayed for call in calls].count(False) == 1
        orders = [order["order_id"] for order in calls[0].answer["orders"]]
        assert len(orders) == len(isps)
        for order in orders:
            assert world.withdraw(order).outcome is Outcome.OK
    system.check()
    demanded = [receipt.content for isp in isps for receipt in isp.receiver.receipts]
    told = [one["data"]["order_id"] for one in demanded if one["type"] == "enforcement.contract-termination-demanded"]
    assert len(told) == len(set(told)) == storms.given * len(isps)


@pytest.mark.fault("F59")
def test_a_storm_of_one_registration_makes_one_event(system: System) -> None:
    for _ in rounds("F59", "storms"):
        calls = storm(system, "/registry/v1/agents", system.world.agent_body())
        assert {call.outcome for call in calls} == {Outcome.OK}
        assert len({call.answer["agent_id"] for call in calls}) == 1
    system.check()
