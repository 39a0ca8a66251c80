"""A handler that raises on one event for ever, and one that raises on all of them after a deploy."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from chassis.consume.failures import CONSECUTIVE_LIMIT
from contracts.envelope import Received
from contracts.sql import Cursor
from services.registry.projections.agents import Agents
from tests.faults.doses import dose
from tests.faults.messages.bench import Bench, read_models

PARTITION = 3


class Buggy(Agents):
    """The agents' read model with a bug: it raises where `fails` says so."""

    def __init__(self, fails: Callable[[Received], bool]) -> None:
        self._fails = fails

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        for received in batch:
            if self._fails(received):
                raise KeyError("a case that nobody thought of")
        super().apply(cursor, batch)


@pytest.mark.fault("F35")
def test_an_event_that_fails_for_ever_waits_with_its_stream_and_is_replayed_in_order_once_mended(bench: Bench) -> None:
    agents = bench.agents(dose("F35", "streams"))
    ill = agents[len(agents) // 2]
    bench.send(bench.new_facts())
    loop = bench.loop(
        read_models(Buggy(lambda one: one.envelope.stream_id == ill and one.envelope.stream_version == 2))
    )
    bench.run_to_the_end(loop)
    waiting = bench.set_aside()
    assert [(one.stream, one.stream_version, one.first_cause) for one in waiting] == [
        (str(ill), 2, True),
        (str(ill), 3, False),
        (str(ill), 4, False),
    ]
    checker = bench.checker()
    checker.check(waiting=True)
    mended = bench.loop()
    bench.retry(waiting[0].no)
    bench.run(mended, lambda: not bench.set_aside(), "what waited is replayed")
    assert contracts_of(bench, ill) == 3
    bench.checker().check()


@pytest.mark.fault("F35")
def test_a_deploy_that_raises_on_everything_stops_the_partition_and_parks_next_to_nothing(bench: Bench) -> None:
    agents = bench.agents(dose("F35", "streams"), partition=PARTITION)
    bench.send(bench.new_facts())
    loop = bench.loop(read_models(Buggy(lambda _: True)))
    bench.run(loop, loop.stopped, "the partition stops")
    (reason,) = loop.stopped().values()
    assert "look at the deployment" in reason
    first_causes = [one for one in bench.set_aside() if one.first_cause]
    assert len(first_causes) < CONSECUTIVE_LIMIT
    mended = bench.loop()
    for one in first_causes:
        bench.retry(one.no)
    bench.run_to_the_end(mended)
    bench.run(mended, lambda: not bench.set_aside(), "what waited is replayed")
    assert {contracts_of(bench, agent) for agent in agents} == {3}
    bench.checker().check()


def contracts_of(bench: Bench, agent_id: UUID) -> int:
    with bench.pool.transaction() as cursor:
        cursor.execute("select count(*) from agency_contract where agent_id = %s", (agent_id,))
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])
