"""Random runs of one partition: two relays, late and expired sends, crashes, rebalances, a zombie. Seeded, so that a
failure can be played again by its seed.
"""

import random
from dataclasses import dataclass, field

import pytest

from chassis.consume.order import NO_MOVE_LIMIT_S, Action, Order, Stamp, Verdict

RUNS = 300
EVENTS = 20
"""300 runs of 20 events: 6,000 events, as in the run that settled these rules."""


@dataclass
class Relay:
    """Sends the log in order from a saved cursor. A send in flight may arrive late, after later ones, or never."""

    log: list[Stamp]
    cursor: list[int]
    at: int = 0
    in_flight: list[tuple[Stamp, bool]] = field(default_factory=list)

    def step(self, partition: list[Stamp], chance: random.Random) -> None:
        match chance.random():
            case x if x < 0.5 and self.at < len(self.log):
                self.in_flight.append((self.log[self.at], chance.random() < 0.15))
                self.at += 1
            case x if x < 0.85 and self.in_flight:
                index = chance.randrange(len(self.in_flight)) if chance.random() < 0.3 else 0
                stamp, expires = self.in_flight.pop(index)
                if not expires:
                    partition.append(stamp)
                else:
                    self.fail(partition, chance)
            case _ if not self.in_flight and self.at > self.cursor[0]:
                self.cursor[0] = self.at

    def fail(self, partition: list[Stamp], chance: random.Random) -> None:
        """The first error closes the producer without flushing: what was in flight arrives late or not at all."""
        for stamp, _ in self.in_flight:
            if chance.random() < 0.5:
                partition.append(stamp)
        self.in_flight.clear()
        self.at = self.cursor[0]

    def finish(self, partition: list[Stamp]) -> None:
        partition.extend(stamp for stamp, expires in self.in_flight if not expires)
        partition.extend(self.log[self.cursor[0] :])
        self.cursor[0] = len(self.log)
        self.in_flight.clear()
        self.at = len(self.log)


@dataclass
class Database:
    """What one transaction keeps: the watermark, and the effects."""

    epoch: int = 1
    position: int = 0
    kafka_offset: int = 0
    effects: list[int] = field(default_factory=list)


@dataclass
class Reader:
    """A consumer as the loop drives it: draft, lock, effects and watermark together, reload when somebody was there."""

    database: Database
    order: Order = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        row = self.database
        self.order = Order(row.epoch, row.position, row.kafka_offset, pass_position=row.position)

    def poll(self, partition: list[Stamp], size: int, commits: bool, now: float) -> Action:
        row = self.database
        if (row.epoch, row.position) != (self.order.epoch, self.order.position):
            self.start()
        draft, effects = self.order.copy(), []
        for offset in range(draft.next_offset, min(draft.next_offset + size, len(partition))):
            stamp = partition[offset]
            match draft.judge(stamp):
                case Verdict.DEAL:
                    effects.append(stamp.position)
                    draft.dealt(offset, stamp, now)
                case Verdict.HOLE:
                    draft.left(offset, stamp, now)
                case Verdict.LOST_FACTS:
                    raise AssertionError("nothing was restored in this run")
                case _:
                    draft.skipped(offset)
        if not commits:
            return Action.WAIT
        row.effects += effects
        row.epoch, row.position, row.kafka_offset = draft.epoch, draft.position, draft.stored_offset
        self.order = draft
        return draft.at_end(now) if draft.next_offset == len(partition) else Action.WAIT


def positions_of_one_partition(chance: random.Random) -> list[Stamp]:
    """A log shared by several partitions, so that positions have gaps; sometimes an epoch is raised on the way."""
    log, position, prev, epoch = [], 0, 0, 1
    for _ in range(EVENTS):
        position += chance.randint(1, 4)
        if chance.random() < 0.03:
            epoch += 1
        log.append(Stamp(epoch, position, prev))
        prev = position
    return log


@pytest.mark.fault("F5", "F6", "F28", "F33")
@pytest.mark.parametrize("seed", range(RUNS))
def test_every_run_deals_with_each_fact_exactly_once_and_in_order(seed: int):
    chance = random.Random(seed)
    log = positions_of_one_partition(chance)
    partition: list[Stamp] = []
    cursor = [0]
    relays = [Relay(log, cursor), Relay(log, cursor)]
    database = Database()
    owner, zombie = Reader(database), Reader(database)
    now = 0.0

    for _ in range(600):
        now += chance.random()
        chance.choice(relays).step(partition, chance)
        match chance.random():
            case x if x < 0.02:
                owner = Reader(database)  # a crash, or a rebalance
            case x if x < 0.04:
                owner, zombie = zombie, owner
            case x if x < 0.10:
                relay = chance.choice(relays)
                relay.fail(partition, chance)
            case x if x < 0.5:
                reader = zombie if chance.random() < 0.1 else owner
                reader.poll(partition, chance.randint(1, 6), chance.random() < 0.85, now)

    for relay in relays:
        relay.finish(partition)
    for _ in range(200):
        now += NO_MOVE_LIMIT_S / 10
        owner.poll(partition, 50, commits=True, now=now)

    assert database.effects == [stamp.position for stamp in log]
    assert not owner.order.alarmed
