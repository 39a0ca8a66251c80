"""A toy category, `counter`: what the store is tested with, so that it is tested without any service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.identity.principal import Principal, officer
from chassis.postgres.pool import Pool
from chassis.store.append import append
from chassis.store.commands import Commands, Context
from chassis.store.decision import Answer, Change, Claim, Decision
from chassis.store.load import Fold
from chassis.store.sequencer import Sequencer
from chassis.timers.clocks import CLOCKS
from contracts.envelope import Command, Event, Metadata
from contracts.refusals import Refusal

SCOPE = "hai-duong"
OFFICER = officer("dic", "le-van-a", "officer")
NOW = datetime(2026, 10, 1, 2, 3, 4, 567891, tzinfo=UTC)


class Counted(Event, type="counter.counted", version=1):
    """The counter went up."""

    by: int
    note: str = "Đường Nguyễn Trãi"


class Count(Command, type="counter.count", version=1):
    """Make it go up, at most to 100."""

    counter_id: UUID
    by: int


class LimitReached(Refusal, code="limit-reached", status=409, title="The counter is full"): ...


COUNTER = Fold(
    "counter", 0, lambda total, event: total + getattr(event, "by", 0), lambda: {("counter.counted", 1): Counted}
)


def count(command: Count, context: Context) -> Decision:
    context.require("count")
    counter = context.load(COUNTER, command.counter_id)
    if counter.state + command.by > 100:
        raise LimitReached(f"{counter.state} and {command.by} is more than 100")
    return Decision(
        changes=(Change(command.counter_id, "counter", counter.version, (Counted(by=command.by),)),),
        response={"total": counter.state + command.by},
    )


def anyone(*, principal: Principal, **_: Any) -> str | None:
    return "HD-2.1d3" if principal.kind == "officer" else None


def counting(handlers: dict[type[Command], Any] | None = None) -> Commands:
    return Commands(handlers or {Count: count}, anyone, CLOCKS, SCOPE, "counter")


@dataclass(frozen=True)
class Store:
    """A database with the chassis's tables; `pool` is the serving role."""

    pool: Pool
    owner_dsn: str
    admin_dsn: str
    dsn: str
    serving_role: str

    def append(self, decision: Decision, command_id: UUID | None = None, digest: bytes = b"d" * 32) -> Answer:
        with self.pool.transaction() as cursor:
            return append_with(cursor, decision, command_id, digest)

    def count(self, stream_id: UUID, version: int, by: int = 1) -> Answer:
        """One event on top of `version`."""
        return self.append(counted(stream_id, version, by))

    def fill(self, events: int, streams: int = 7) -> None:
        """That many events over so many streams in turn, sequenced."""
        ids = [uuid4() for _ in range(streams)]
        with self.pool.transaction() as cursor:
            for version in range(-(-events // streams)):
                turn = ids[: events - version * streams]
                append_with(
                    cursor, Decision(tuple(Change(i, "counter", version, (Counted(by=version),)) for i in turn))
                )
        self.sequence()

    def sequence(self) -> int:
        """Until nothing is left."""
        sequencer, total = Sequencer(self.pool, "counter"), 0
        while done := sequencer.run_once():
            total += done
        return total

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.transaction() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()


def counted(stream_id: UUID, version: int, by: int = 1, claims: Sequence[Claim] = ()) -> Decision:
    return Decision(
        changes=(Change(stream_id, "counter", version, (Counted(by=by),)),),
        response={"total": by},
        claims=tuple(claims),
    )


def append_with(cursor: Any, decision: Decision, command_id: UUID | None = None, digest: bytes = b"d" * 32) -> Answer:
    return append(
        cursor,
        scope=SCOPE,
        principal=OFFICER.name,
        command_id=command_id or uuid4(),
        request_digest=digest,
        decision=decision,
        metadata=Metadata(actor=OFFICER.name, correlation_id=uuid4(), causation_id=uuid4()),
        recorded_at=NOW,
    )
