"""F5, F6: the relay killed and frozen. Every time the topic ends as the log: nothing lost, each message as stored, in
order per partition once a reader has dropped the repetitions. (Cut off from its broker: servers/test_relay_faults.py.)
"""

import signal

import pytest

from chassis.relay.relay import BATCH, WINDOW
from chassis.relay.republish import progress
from tests.faults.doses import rounds
from tests.faults.process.log_workers import came_to_the_end, killed_itself, start
from tests.integration.relay.bus import Bus, check_topic_is_the_log, relay_everything
from tests.integration.relay.conftest import bus, settings
from tests.integration.store.conftest import store
from tests.integration.store.counting import Store

__all__ = ["bus", "settings", "store"]  # fixtures

POINTS = ("relay.before-send", "relay.half-acked", "relay.before-cursor")
EVENTS = 1_500


@pytest.mark.fault("F5")
@pytest.mark.parametrize("point", POINTS)
def test_a_relay_killed_anywhere_doubles_at_most_what_was_on_its_way(store: Store, bus: Bus, point: str) -> None:
    kills = rounds("F5", "rounds")
    for _ in kills:
        store.fill(EVENTS, streams=30)
        assert killed_itself(start("relay", store, bus, crash_at=point))
        assert progress(store.pool, bus.service).sent < progress(store.pool, bus.service).total
        assert came_to_the_end(start("relay", store, bus))
    assert check_topic_is_the_log(bus, store) <= kills.given * WINDOW * BATCH


@pytest.mark.fault("F6")
def test_a_relay_that_was_frozen_and_wakes_up_late_disturbs_nothing(store: Store, bus: Bus) -> None:
    store.fill(EVENTS * 4, streams=60)
    zombie = start("relay", store, bus)
    assert zombie.stdout is not None
    assert zombie.stdout.readline(), "it has confirmed its first batch"
    zombie.send_signal(signal.SIGSTOP)
    successor = bus.relay(store)
    relay_everything(successor, store)
    store.fill(100)
    zombie.send_signal(signal.SIGCONT)
    relay_everything(successor, store)
    assert came_to_the_end(zombie)
    check_topic_is_the_log(bus, store)
    successor.close()
