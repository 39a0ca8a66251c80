"""Exactly once and in order, out of a partition that holds duplicates, overtakings and facts of several epochs.

Pure: no Kafka, no database, no clock. The loop drives it with what it polls, the simulation with random runs.

For each message, in this order:
1. epoch below ours: skip. Epoch above ours: deal if `w = prev`, a hole if `w < prev`, lost facts if `w > prev`.
2. `position <= w`: a duplicate. 3. `prev <= w`: deal, and `w = position`. 4. Otherwise a hole: leave it, read on.

A message that was left is met again: the offset to start at stays at the lowest one left, and at the partition's end
the reader goes back to it whenever `w` has moved since the last pass. If `w` stands still for a minute, one pass from
the beginning; if that moves nothing either, a person must look.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

NO_MOVE_LIMIT_S = 60.0
"""How long the position may stand still while messages are left before the partition is read from its beginning."""


class Stamp(NamedTuple):
    """Where a message stands in its log: `prev` is the position before it in the same partition, 0 if none."""

    epoch: int
    position: int
    prev: int


class Verdict(Enum):
    """What a message is to this consumer."""

    DEAL = "deal"
    DUPLICATE = "duplicate"
    OLDER_EPOCH = "older epoch"
    HOLE = "hole"
    LOST_FACTS = "lost facts"


class Action(Enum):
    """What to do at the end of the partition."""

    WAIT = "wait"
    BACK = "seek back to the lowest message left"
    BEGINNING = "seek to the beginning"
    ALARM = "nothing helps: a person must look"


@dataclass(slots=True)
class Order:
    """How far one consumer is on one partition. Mutable, cheap to `copy`: a draft until the batch has committed."""

    epoch: int
    position: int
    next_offset: int
    """The Kafka offset to read next."""
    lowest_left: int | None = None
    """The lowest offset among messages that were read and left on this pass."""
    highest_left: int = 0
    """The highest position among them."""
    still_since: float = 0.0
    """When the position last moved, or the first message was left: seconds of a monotonic clock."""
    pass_position: int = 0
    """The position when this pass over the messages left began."""
    from_beginning: bool = False
    """This pass began at the beginning of the partition."""
    alarmed: bool = False

    def copy(self) -> "Order":
        return Order(
            self.epoch,
            self.position,
            self.next_offset,
            self.lowest_left,
            self.highest_left,
            self.still_since,
            self.pass_position,
            self.from_beginning,
            self.alarmed,
        )

    @property
    def stored_offset(self) -> int:
        """Where a restart or a new owner begins: it may go back, only the position never does."""
        return self.next_offset if self.lowest_left is None else min(self.lowest_left, self.next_offset)

    def judge(self, stamp: Stamp) -> Verdict:
        """What to do with a message; changes nothing."""
        epoch, position, prev = stamp
        if epoch != self.epoch:
            if epoch < self.epoch:
                return Verdict.OLDER_EPOCH
            if prev == self.position:
                return Verdict.DEAL
            return Verdict.HOLE if self.position < prev else Verdict.LOST_FACTS
        if position <= self.position:
            return Verdict.DUPLICATE
        return Verdict.DEAL if prev <= self.position else Verdict.HOLE

    def dealt(self, offset: int, stamp: Stamp, now: float) -> None:
        """The message was applied, passed over, parked or discarded: they all count."""
        self.epoch, self.position, _ = stamp
        self.next_offset = offset + 1
        self.still_since = now
        self.from_beginning = self.alarmed = False
        if self.lowest_left is not None and self.highest_left <= self.position:
            self.lowest_left = None

    def skipped(self, offset: int) -> None:
        """The message was met before, or belongs to an epoch that is over."""
        self.next_offset = offset + 1

    def left(self, offset: int, stamp: Stamp, now: float) -> None:
        """The message is ahead of what is known: it stays where it is and is met again."""
        if self.lowest_left is None:
            self.lowest_left, self.highest_left, self.still_since = offset, stamp.position, now
        else:
            self.lowest_left = min(self.lowest_left, offset)
            self.highest_left = max(self.highest_left, stamp.position)
        self.next_offset = offset + 1

    def at_end(self, now: float, still_limit_s: float = NO_MOVE_LIMIT_S) -> Action:
        """Called when everything there is has been read; follow BACK and BEGINNING with a seek to `next_offset`."""
        if self.lowest_left is None:
            return Action.WAIT
        if self.position != self.pass_position:
            return self._start_pass(self.lowest_left, Action.BACK)
        if self.alarmed:
            return Action.WAIT
        if self.from_beginning:
            self.alarmed = True
            return Action.ALARM
        if now - self.still_since < still_limit_s:
            return Action.WAIT
        self.from_beginning = True
        return self._start_pass(0, Action.BEGINNING)

    def _start_pass(self, offset: int, action: Action) -> Action:
        self.next_offset = offset
        self.lowest_left = None
        self.pass_position = self.position
        return action
