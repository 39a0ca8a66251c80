"""F3: `kill -9` of the sequencer anywhere in a batch. The log stays gapless and chained, and goes on within seconds."""

from uuid import uuid4

import pytest

from chassis.store import audit
from chassis.store.audit import Verdict
from tests.faults.doses import rounds
from tests.faults.process.log_workers import came_to_the_end, killed_itself, start
from tests.integration.store.conftest import store
from tests.integration.store.counting import Store, append_with, counted

__all__ = ["store"]  # fixture

POINTS = ("sequencer.before-delete", "sequencer.between-delete-and-insert", "sequencer.after-commit")
EVENTS = 30


@pytest.mark.fault("F3")
@pytest.mark.parametrize("point", POINTS)
def test_a_sequencer_killed_in_a_batch_loses_and_doubles_nothing(store: Store, point: str) -> None:
    appended = 0
    for _ in rounds("F3", "rounds"):
        with store.pool.transaction() as cursor:
            for _ in range(EVENTS):
                append_with(cursor, counted(uuid4(), 0))
        appended += EVENTS
        assert killed_itself(start("sequencer", store, crash_at=point))
        assert came_to_the_end(start("sequencer", store))
        assert audit.verify_database(store.dsn) == Verdict(True, appended)
        assert store.rows("select count(*), max(position), (select count(*) from unsequenced) from log") == [
            (appended, appended, 0)
        ]
