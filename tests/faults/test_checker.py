"""The check that follows every fault is worth what it sees: here everything is broken for it, one thing at a time."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from standardwebhooks.webhooks import Webhook

from chassis.store.commands import command_id_of
from contracts.events.enforcement import ContractTerminationDemanded
from tests.faults.messages.bench import OFFICER, Bench
from tests.faults.messages.conftest import bench
from tests.integration.notify.conftest import Notify, demanded, notify, notify_database, server
from tests.support.checker import Checker, why_waiting
from tests.support.checker_clients import broken_promises
from tests.support.checker_effects import doubled_effects, wrong_deliveries
from tests.support.checker_log import CheckedService, Fact, broken_chain
from tests.support.load import Call, Outcome
from tests.support.misbehaving import TOLERANCE, Receipt, Receiver, is_signed
from tests.support.stack_fixture import Database

__all__ = ["bench", "notify", "notify_database", "server"]  # fixtures

PARTITION = 2
CHANGE_ONE_ROW = """
update views_1.agent set confirmed_owner = 'Nobody' where ctid = (select min(ctid) from views_1.agent) returning 1
"""
Deliveries = tuple[dict[str, CheckedService], list[Fact]]


@pytest.fixture
def checker(bench: Bench) -> Checker:
    """Of a log with a few agents, all of it on the topic and in the read models."""
    bench.agents(3, partition=PARTITION)
    bench.send(bench.new_facts())
    bench.run_to_the_end(bench.loop())
    made = bench.checker()
    made.check()
    return made


def only(found: list[str], words: str) -> None:
    """One thing is found, and it is told in these words."""
    assert len(found) == 1, found
    assert words in found[0]


def test_a_row_that_no_fact_explains_is_seen(bench: Bench, checker: Checker) -> None:
    service = checker.services["registry"]
    service.rows(CHANGE_ONE_ROW)
    found = checker.differences()
    assert [line.split(":")[0] for line in found] == [
        "registry.views, agent, only live",
        "registry.views, agent, only in the fold",
    ]


def test_an_event_that_is_not_on_the_topic_is_seen(bench: Bench, checker: Checker) -> None:
    bench.agents(1, partition=PARTITION)
    first, second, *_ = facts = bench.new_facts()
    bench.send([fact for fact in facts if fact is not second])
    assert any(f"position {second[1].position} is missing" in line for line in checker.differences())
    assert first[1].position < second[1].position


def test_events_that_lie_on_the_topic_in_another_order_are_seen(bench: Bench, checker: Checker) -> None:
    bench.agents(1, partition=PARTITION)
    bench.send(reversed(bench.new_facts()))
    bench.run_to_the_end(bench.loop())
    only(checker.differences(), "is missing, or came before an earlier one")


def test_a_message_that_says_something_else_than_the_log_is_seen(bench: Bench, checker: Checker) -> None:
    bench.agents(1, partition=PARTITION)
    facts = bench.new_facts()
    position = facts[-1][1].position
    bench.send(facts, {position: b"{}"})
    assert any("value is b'{}'" in line for line in checker.differences())


def test_a_message_that_the_log_does_not_know_is_seen(bench: Bench, checker: Checker) -> None:
    bench.send_raw(PARTITION, b"{}")
    only(checker.differences(), "no event of the log is at position -1")


def test_a_message_that_waits_for_a_person_is_seen(bench: Bench, checker: Checker) -> None:
    bench.send_raw(PARTITION, b"{}")
    loop = bench.loop()
    bench.run(loop, bench.set_aside, "it is parked")
    only(checker.set_aside(), "malformed")


def test_a_gap_in_the_log_is_seen(checker: Checker) -> None:
    service = checker.services["registry"]
    service.facts = service.facts[:3] + service.facts[4:]
    found = broken_chain(service)
    assert "registry: the positions are not 1, 2, 3, …" in found


def test_why_webhooks_wait_is_told_of_three_of_them(notify: Notify, notify_database: Database) -> None:
    known, unknown = uuid4(), uuid4()
    notify.registered(known, "https://isp.example/hook")
    notify.hand_over(demanded(known, uuid4()), *(demanded(unknown, uuid4()) for _ in range(3)))
    first, second, _ = why_waiting(CheckedService("notify", notify_database.admin_dsn, "notify.events.v1"))
    assert "after 0 attempts, last error None, next attempt -" in first
    assert first.endswith("leased never, endpoint verified")
    assert second.endswith("endpoint unknown")


def call(outcome: Outcome, command_id: UUID, after: tuple[tuple[UUID, int], ...] = ()) -> Call:
    return Call("registry", "/registry/v1/agents", command_id, outcome, 0, {}, after, 1, False)


def of_the_last_event(service: CheckedService) -> tuple[UUID, tuple[UUID, int]]:
    """The command that made it, and its place in its stream."""
    fact = service.facts[-1]
    return fact.cause, (fact.envelope.stream_id, fact.envelope.stream_version)


def test_an_accepted_command_that_is_not_in_the_log_is_seen(checker: Checker) -> None:
    told = call(Outcome.OK, command_id_of(OFFICER, str(uuid4())), ((uuid4(), 1),))
    only(broken_promises(checker.services["registry"], [told]), "accepted")


def test_a_refused_command_that_took_effect_is_seen(checker: Checker) -> None:
    service = checker.services["registry"]
    command_id, _ = of_the_last_event(service)
    only(broken_promises(service, [call(Outcome.FAIL, command_id)]), "refused")


def test_an_accepted_command_with_other_events_than_its_answer_says_is_seen(checker: Checker) -> None:
    service = checker.services["registry"]
    command_id, (stream, version) = of_the_last_event(service)
    assert any(
        "told" in line for line in broken_promises(service, [call(Outcome.OK, command_id, ((stream, version + 1),))])
    )


def test_an_effect_that_is_there_twice_is_seen(checker: Checker) -> None:
    service = checker.services["registry"]
    last = service.facts[-1]
    again = replace(last.envelope, position=last.position + 1, event_id=uuid4(), stream_version=99)
    service.facts.append(Fact(last.partition, again))
    only(doubled_effects([service]), "follows 2 times")
    command_id, _ = of_the_last_event(service)
    only(broken_promises(service, [call(Outcome.INFO, command_id)]), "doubled")


@pytest.fixture
def delivered(checker: Checker) -> Deliveries:
    """Two orders' messages in enforcement's log, of which notify tells nothing yet."""
    like = checker.services["registry"].facts[-1]
    order = uuid4()
    kinds = (ContractTerminationDemanded.message_type, "enforcement.order-withdrawn")
    facts = [
        Fact(0, replace(like.envelope, event_id=uuid4(), type=kind, stream_id=order, stream_version=version))
        for version, kind in enumerate(kinds, 1)
    ]
    services = {name: CheckedService(name, "", f"{name}.events.v1") for name in ("enforcement", "notify")}
    services["enforcement"].facts = facts
    return services, facts


def receipt(fact: Fact, body: bytes = b'{"type": "enforcement.x", "data": {}}', verified: bool = True) -> Receipt:
    return Receipt(str(uuid5(fact.envelope.event_id, "webhook")), body, verified, 200)


def test_orders_that_never_arrived_and_were_never_told_of_are_seen(delivered: Deliveries) -> None:
    services, _ = delivered
    found = wrong_deliveries(services, [Receiver("/a", "")])
    assert len([line for line in found if "was never accepted" in line]) == 2
    assert len([line for line in found if "delivered messages" in line]) == 2


def test_a_signature_of_another_hour_holds_within_its_tolerance_and_over_other_bytes_never() -> None:
    secret, at = "whsec_" + b64encode(b"0" * 24).decode(), datetime.now(UTC) - timedelta(hours=1)
    signed = Webhook(secret).sign("7", at, "{}")
    headers = {"webhook-id": "7", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": f"v1a,x {signed}"}
    an_hour = timedelta(hours=1) + TOLERANCE
    assert is_signed(b"{}", headers, secret, an_hour)
    assert not is_signed(b"{}", headers, secret, TOLERANCE), "too old"
    assert not is_signed(b"[]", headers, secret, an_hour)
    assert not is_signed(b"{}", headers | {"webhook-id": "8"}, secret, an_hour)


def test_wrong_order_changed_bytes_and_bad_signatures_are_seen(delivered: Deliveries) -> None:
    services, (demand, withdrawal) = delivered
    company = Receiver("/a", "")
    company.receipts += [
        receipt(withdrawal),
        receipt(demand),
        receipt(demand, body=b'{"type": "enforcement.y", "data": {}}'),
        receipt(withdrawal, verified=False),
    ]
    found = wrong_deliveries(services, [company])
    for words in ("was told in the order [2, 1, 1, 2]", "came with 2 different bodies", "does not hold"):
        assert any(words in line for line in found), found
