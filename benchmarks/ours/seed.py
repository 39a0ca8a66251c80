"""Fills an empty store: `events` of them in streams of ten, sequenced, through the product's own append."""

from uuid import UUID, uuid5

from benchmarks.ledger.bootstrap import FOLD, SCOPE, SERVICE, WRITER
from benchmarks.ledger.domain import EntryWritten, entry_id, fields
from benchmarks.task import found, task
from chassis.postgres.pool import Pool
from chassis.store.append import append
from chassis.store.decision import Change, Decision
from chassis.store.sequencer import Sequencer
from chassis.timers.clocks import CLOCKS
from contracts.envelope import PHOIHOP, Metadata

STREAM_LENGTH = 10
AT_ONCE = 500


def main() -> None:
    asked = task()
    pool = Pool(asked["dsn"], size=2, statement_timeout_s=0)
    streams = max(1, asked["events"] // STREAM_LENGTH)
    for version in range(1, STREAM_LENGTH + 1):
        for first in range(0, streams, AT_ONCE):
            write(pool, version, range(first, min(streams, first + AT_ONCE)))
    sequencer = Sequencer(pool, SERVICE)
    while sequencer.run_once():
        pass
    with pool.statements() as cursor:
        cursor.execute("select count(*) from log")
        (events,) = cursor.fetchone() or (0,)
    pool.close()
    found(events=events)


def write(pool: Pool, version: int, numbers: range) -> None:
    command_id: UUID = uuid5(PHOIHOP, f"seed/{version}/{numbers.start}")
    with pool.transaction() as cursor:
        append(
            cursor,
            scope=SCOPE,
            principal=WRITER.name,
            command_id=command_id,
            request_digest=bytes(32),
            decision=Decision(
                changes=tuple(
                    Change(
                        entry_id(number),
                        FOLD.category,
                        version - 1,
                        (EntryWritten(**fields(number, version)),),
                    )
                    for number in numbers
                )
            ),
            metadata=Metadata(
                actor=WRITER.name, agency="dic", clause="HD-2.1b3", correlation_id=command_id, causation_id=command_id
            ),
            recorded_at=CLOCKS.wall.now(cursor),
        )


main()
