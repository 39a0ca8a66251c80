"""Processes that kill themselves at their worst moments while they are used; afterwards everything fits together."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from uuid import uuid4

import pytest

from tests.faults.doses import rounds
from tests.faults.system import SERVICES, System
from tests.support.checker_log import CheckedService
from tests.support.load import Outcome, Traffic
from tests.support.misbehaving import slow_to_accept
from tests.support.waiting import wait_until

SEQUENCER = ("sequencer.before-delete", "sequencer.between-delete-and-insert", "sequencer.after-commit")
RELAY = ("relay.before-send", "relay.half-acked", "relay.before-cursor")
CONSUMERS = (
    "consume.before-commit",
    "consume.after-commit",
    "consume.before-kafka-commit",
    "consume.after-kafka-commit",
)
WEBHOOKS = ("webhook.before-post", "webhook.after-answer", "webhook.during-write")
LAG_BACK_S = 5.0
LEASES_RUN_OUT = "update lane set leased_until = clock_timestamp() where leased_until is not null returning 1"
UNKNOWN_ATTEMPTS = "select count(*) from attempt where ended_at is null"
LAST_EVENT = "select coalesce(max(event_no), 0) from public.event"
IS_IN_THE_LOG = "select exists (select from public.log where event_no = %s)"


def last_event_gets_its_position(service: CheckedService, limit_s: float) -> None:
    last = service.value(LAST_EVENT)
    wait_until(lambda: service.value(IS_IN_THE_LOG, last), limit_s, "the sequencer has caught up")


@pytest.mark.fault("F1")
def test_a_command_whose_answer_was_lost_gets_the_same_answer_when_it_is_repeated(system: System) -> None:
    world = system.world
    with ThreadPoolExecutor(1) as client:
        for _ in rounds("F1", "kills"):
            system.kill("registry-http")
            system.launch("registry-http", PHOIHOP_CRASH_AT="http.after-commit")
            body, key = world.agent_body(), str(uuid4())

            ask = partial(world.doors.ask, world.officer, "/registry/v1/agents", body, key=key)

            asked = client.submit(ask)
            system.wait_killed("registry-http")
            system.launch("registry-http")
            call = asked.result(90)
            assert (call.outcome, call.replayed) == (Outcome.OK, True), "it was committed before the answer was lost"
            assert call.attempts > 1
            assert call.answer == ask().answer
    system.check()


@pytest.mark.fault("F3", "F5")
def test_a_sequencer_or_a_relay_killed_anywhere_loses_nothing_catches_up_and_doubles_no_effect(system: System) -> None:
    system.check()
    before = system.checker.witnesses["registry"].duplicates
    of_sequencer = (point for _ in rounds("F3", "rounds", loops_after=1) for point in SEQUENCER)
    of_relay = (point for _ in rounds("F5", "rounds") for point in RELAY)
    with Traffic(system.world.register_and_sign).running() as traffic:
        for point in chain(of_sequencer, of_relay):
            system.restart("registry-work", PHOIHOP_CRASH_AT=point)
            system.wait_killed("registry-work")
            traffic.wait_for(2)
        system.restart("registry-work")
        system.wait_ready("registry-work")
        last_event_gets_its_position(system.service("registry"), LAG_BACK_S)
    system.check()
    assert system.checker.witnesses["registry"].duplicates > before, "what was sent before a kill lies there twice"


@pytest.mark.fault("F7")
def test_a_consumer_killed_around_its_commits_applies_everything_once(system: System) -> None:
    with Traffic(system.world.register_and_sign).running() as traffic:
        for shift in rounds("F7", "rounds"):
            works = [f"{service}-work" for service in SERVICES]
            points = {name: CONSUMERS[(number + shift) % len(CONSUMERS)] for number, name in enumerate(works)}
            register = points.pop("registry-work")
            for name, point in points.items():
                system.restart(name, PHOIHOP_CRASH_AT=point)
            for name in points:
                system.wait_killed(name)
            # Last: the others come to their points by the register's facts, which its work process brings.
            system.restart("registry-work", PHOIHOP_CRASH_AT=register)
            system.wait_killed("registry-work")
            for name in works:
                system.launch(name)
            system.wait_ready(*works)
            traffic.wait_for(3)
    system.check()


@pytest.mark.fault("F8")
def test_a_webhook_worker_killed_anywhere_loses_no_order_and_doubles_at_most_what_was_in_flight(system: System) -> None:
    isps = [system.world.isp(slow_to_accept) for _ in range(2)]
    for _ in rounds("F8", "rounds"):
        agent = system.world.agent_with_cases(isps, cases=len(WEBHOOKS))
        for point in WEBHOOKS:
            system.restart("notify-work", PHOIHOP_CRASH_AT=point)
            system.world.demand_and_withdraw(agent)
            system.wait_killed("notify-work")
            assert system.service("notify").rows(LEASES_RUN_OUT), "it died with a lane in its hands; 45 s pass"
    in_flight = system.service("notify").value(UNKNOWN_ATTEMPTS)
    system.restart("notify-work")
    system.wait_ready("notify-work")
    system.check()
    accepted = Counter(one.message_id for isp in isps for one in isp.receiver.receipts if one.status == 200)
    assert accepted.total() - len(accepted) <= in_flight
