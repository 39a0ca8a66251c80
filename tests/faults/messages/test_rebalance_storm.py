"""F28: a second member joins and leaves again and again, and one takes longer over a batch than Kafka waits for it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from chassis.consume.consumer import Consumer, Projections
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.loop import ConsumerLoop
from chassis.postgres.pool import Pool
from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.waiting import wait_until

REBALANCES = "phoihop_consumer_rebalances_total"
VIEWS = "registry.views"
STAYS_S = 3.0
JOINED_S = 60
POLL_LIMIT_MS = 2_000
"""Kafka's patience with the slow member: less than its batch takes."""
BATCH_S = 5.0


class Dawdling(Projections):
    """registry's own read models, applied very slowly the first time."""

    def __init__(self, projections: Sequence[Any]) -> None:
        super().__init__(projections)
        self.begun, self.ended = threading.Event(), threading.Event()

    def apply(self, cursor: Any, consumer: str, batch: Any) -> None:
        if batch and not self.begun.is_set():
            self.begun.set()
            cursor.execute("select pg_sleep(%s)", (BATCH_S,))
        super().apply(cursor, consumer, batch)
        self.ended.set()


@pytest.mark.fault("F28")
def test_a_member_that_comes_and_goes_changes_nothing_but_who_works(system: System) -> None:
    before = system.metric("registry-work", REBALANCES, consumer=VIEWS)
    joins = rounds("F28", "joins")
    with system.busy():
        for _ in joins:
            with member(system, consumer_of(system)) as loop:
                wait_until(loop.positions, JOINED_S, "the second member has partitions", every_s=0.1)
                threading.Event().wait(STAYS_S)
    assert system.metric("registry-work", REBALANCES, consumer=VIEWS) >= before + joins.given
    system.check()


@pytest.mark.fault("F28")
def test_a_member_that_is_longer_over_a_batch_than_kafka_waits_doubles_nothing(system: System) -> None:
    usual = consumer_of(system)
    assert isinstance(usual.member, Projections)
    slow = Dawdling(usual.member.projections)
    with system.busy() as traffic:
        with member(system, Consumer(VIEWS, usual.topics, slow), max_poll_interval_ms=POLL_LIMIT_MS):
            wait_until(slow.begun.is_set, JOINED_S, "the slow member has something to do")
            joined = system.metric("registry-work", REBALANCES, consumer=VIEWS)
            wait_until(slow.ended.is_set, JOINED_S, "it comes to an end")
            wait_until(
                lambda: system.metric("registry-work", REBALANCES, consumer=VIEWS) > joined,
                JOINED_S,
                "the others took over what was its",
                every_s=0.2,
            )
        traffic.wait_for(5)
    system.check()


def consumer_of(system: System) -> Consumer:
    (found,) = (one for one in system.service("registry").consumers if one.name == VIEWS)
    return found


@contextmanager
def member(system: System, consumer: Consumer, **more: Any) -> Iterator[ConsumerLoop]:
    """A further one of the consumer's group, as a second work process would have it, on a thread of its own."""
    pool = Pool(system.stack.servers.postgres.dsn("registry"), 2)
    loop = ConsumerLoop(consumer, pool, KafkaBroker(system.kafka, consumer.name, consumer.topics, **more))
    leave, failures = threading.Event(), []  # type: tuple[threading.Event, list[BaseException]]

    def work() -> None:
        try:
            while not leave.is_set():
                loop.run_once()
        except BaseException as error:
            failures.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="second member", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        leave.set()
        thread.join(60)
        pool.close()
    if failures:
        raise failures[0]
