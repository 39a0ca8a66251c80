"""The broker killed, or silent for longer than a producer waits, while the system is used."""

import pytest

from chassis.kafka.clients import KafkaError
from chassis.postgres.pool import Pool
from chassis.relay.relay import Relay
from chassis.store.sequencer import Sequencer
from tests.faults.doses import rounds
from tests.faults.servers.impatient import Impatient
from tests.faults.system import System
from tests.support.load import Outcome
from tests.support.waiting import wait_until

BROKER_LIMIT_S = 120
AGENTS = 5
TO_SEND = """
select (select max(position) from public.log) - (select position from public.relay_cursor where topic = %s)
"""


@pytest.mark.fault("F24")
def test_while_the_broker_is_dead_commands_are_accepted_and_afterwards_all_is_drained_in_order(system: System) -> None:
    kafka = system.stack.servers.kafka
    with system.busy() as traffic:
        for _ in rounds("F24", "kills"):
            traffic.wait_for(5)
            kafka.kill()
            traffic.wait_for(1)  # what was on its way
            before = accepted(system)
            traffic.wait_for(3)
            assert accepted(system) >= before + 3, "accepted, not only answered"
            kafka.start(BROKER_LIMIT_S)
    system.check()


def accepted(system: System) -> int:
    """Commands of registry that were told yes."""
    return len([call for call in system.history.calls(Outcome.OK) if call.service == "registry"])


@pytest.mark.fault("F26")
def test_what_a_producer_gave_up_on_and_the_broker_wrote_all_the_same_is_a_duplicate_and_no_more(
    system: System,
) -> None:
    """While registry's work process is away, a relay that soon loses patience does its work."""
    kafka, registry = system.stack.servers.kafka, system.service("registry")
    settings = Impatient(system.kafka.bootstrap_servers, system.kafka.username, system.kafka.password)
    system.checker.check()
    before = system.checker.witnesses["registry"].duplicates
    system.end("registry-work")
    pool = Pool(system.stack.servers.postgres.dsn("registry"), 2)
    sequencer, relay = Sequencer(pool, "registry"), Relay(pool, "registry", settings)

    def enter_agents() -> None:
        for _ in range(AGENTS):
            system.world.agent()
        sequencer.run_once()

    def gives_up() -> bool:
        try:
            relay.run_once()
        except KafkaError:
            return True
        return False

    def is_up() -> bool:
        gives_up()
        return bool(registry.value(TO_SEND, registry.topic) == 0)

    timeouts = rounds("F26", "timeouts")
    try:
        for _ in timeouts:
            enter_agents()
            wait_until(is_up, 30, "what is in the log is on Kafka")
            kafka.pause()
            try:
                enter_agents()
                wait_until(gives_up, 30, "the producer gives up")
            finally:
                kafka.resume()
            wait_until(is_up, 30, "what is in the log is on Kafka")
    finally:
        relay.close()
        pool.close()
    system.heal()
    system.check()
    doubled = system.checker.witnesses["registry"].duplicates - before
    # How much was on its way when the broker froze varies; that something was, each time, is what makes this the fault.
    assert doubled >= timeouts.given, "the broker wrote what it was sent before it froze, and again"
