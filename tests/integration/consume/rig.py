"""The counter on a real PostgreSQL and an in-memory bus: every step by hand, every fault placed where it hurts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from chassis.consume.consumer import Consumer, Projections
from chassis.consume.loop import ConsumerLoop
from chassis.consume.memory_broker import MemoryBroker, MemoryCluster
from chassis.identity.principal import service
from chassis.postgres.pool import Pool
from chassis.relay.reading import read_after
from chassis.store.commands import Commands
from chassis.store.sequencer import Sequencer
from chassis.timers.clocks import CLOCKS
from contracts.envelope import Envelope, to_headers
from tests.conformance.counter.bootstrap import count
from tests.conformance.counter.domain import Count, events
from tests.conformance.counter.totals import Totals

TOPIC = "counter.events.v1"
OPERATOR = service("counter")


@dataclass
class SteadyClock:
    """Seconds that pass only when told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Rig:
    pool: Pool
    owner: Pool
    serving: str
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    clock: SteadyClock = field(default_factory=SteadyClock)
    views: Consumer = field(default_factory=lambda: Consumer("counter.views", (TOPIC,), Projections([Totals()])))
    published: int = 0

    def __post_init__(self) -> None:
        self.cluster.create_topic(TOPIC, 12)
        self.commands = Commands({Count: count}, lambda **_: None, CLOCKS, "hai-duong", "counter")
        self.sequencer = Sequencer(self.pool, "counter")

    def count(self, counter_id: UUID | None = None, by: int = 1) -> UUID:
        """One more event; answers the counter's id."""
        counter_id = counter_id or uuid4()
        self.commands.execute(self.pool, Count(counter_id=counter_id, by=by), principal=OPERATOR, key=uuid4())
        return counter_id

    def sequence(self) -> list[tuple[int, Envelope]]:
        """Everything appended since the last time, with its partition; not yet on the bus."""
        self.sequencer.run_once()
        found = read_after(self.pool, "counter", self.published, 10_000)
        if found:
            self.published = found[-1].position
        return [(one.partition, Envelope.from_kafka(dict(one.headers), one.value)) for one in found]

    def send(self, found: Sequence[tuple[int, Envelope]], topic: str = TOPIC) -> None:
        for partition, envelope in found:
            self.cluster.send(
                topic,
                partition,
                envelope.data,
                key=str(envelope.stream_id).encode(),
                headers=to_headers(envelope),
            )

    def publish(self) -> None:
        self.send(self.sequence())

    def loop(self, consumer: Consumer | None = None, **more: Any) -> ConsumerLoop:
        consumer = consumer or self.views
        broker = MemoryBroker(self.cluster, consumer.name, consumer.topics)
        return ConsumerLoop(consumer, self.pool, broker, events=events, clock=self.clock, **more)

    def settle(self, *loops: ConsumerLoop, steps: int = 6) -> None:
        """Lets them work until there is nothing to do; half a second passes with each step."""
        for _ in range(steps):
            for loop in loops:
                while loop.run_once(0):
                    pass
            self.clock.advance(0.5)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.pool.transaction() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()

    def total(self, counter_id: UUID) -> tuple[int, int] | None:
        """(total, facts applied), as a reader sees it."""
        found = self.rows("select total, applied from total where counter_id = %s", counter_id)
        return (found[0][0], found[0][1]) if found else None


class Failing(Totals):
    """The counter's read model with a fault of its own: `fails` says on which messages."""

    def __init__(self, fails: Callable[[Any], bool]) -> None:
        self.fails = fails

    def apply(self, cursor: Any, batch: Sequence[Any]) -> None:
        for received in batch:
            if self.fails(received):
                raise ValueError(f"cannot deal with {received.event.by}")
        super().apply(cursor, batch)


def failing_on(by: int) -> Callable[[Any], bool]:
    return lambda received: received.event.by == by
