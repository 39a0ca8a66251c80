"""The counter: a whole service in a few lines, on nothing but the chassis."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.rebuild import Rebuild
from chassis.postgres.pool import Pool
from tests.conformance.counter.domain import events
from tests.conformance.counter.process import TOPIC, CounterService
from tests.support.stack_fixture import Database
from tests.support.waiting import wait_until


@pytest.fixture
def counter(database: Database, kafka: dict[str, Any], tmp_path: Path) -> Iterator[CounterService]:
    made = CounterService(database, kafka, tmp_path)
    yield made
    made.end()


def test_what_is_counted_can_be_read_and_the_process_ends_when_it_is_asked_to(counter: CounterService):
    work = counter.start()
    counters = [counter.count(by=number) for number in range(1, 21)]
    for one in counters:
        counter.count(one)
    wait_until(counter.caught_up, 40, f"the read model catches up ({work.log})")
    counter.check()

    ready = json.loads(wait_until(lambda: work.door("/health/ready"), 10, "the process is ready"))
    assert {check["name"]: check["ok"] for check in ready["checks"]} == {
        "database": True,
        "workers": True,
        "topics": True,
    }
    shown = work.door("/metrics")
    assert 'phoihop_duplicate_events_total{consumer="counter.views",service="counter"} 0.0' in shown
    assert 'phoihop_event_end_to_end_latency_seconds_count{consumer="counter.views"' in shown

    none_left = r'kafka_consumergroup_lag\{consumergroup="counter.views",.*\} 0\.0'
    wait_until(lambda: len(re.findall(none_left, work.door("/metrics"))) == 12, 20, "each partition shows its lag")

    def behind() -> set[float]:
        """Per partition: the log's last position minus the consumer's."""
        shown = work.door("/metrics")
        heads, marks = (
            dict(re.findall(rf'^{name}\{{.*partition="(\d+)".*\}} (\S+)$', shown, re.MULTILINE))
            for name in ("phoihop_log_position", "phoihop_consumer_position")
        )
        assert len(heads) == len(marks) == 12
        return {float(heads[partition]) - float(marks[partition]) for partition in heads}

    wait_until(lambda: behind() == {0}, 20, "the watermarks reach the end of the log")
    assert 'phoihop_consumer_stopped_partitions{consumer="counter.views",service="counter"} 0.0' in shown

    assert work.stop() == 0
    counter.count(counters[0], by=5)
    again = counter.start()
    wait_until(counter.caught_up, 40, f"it goes on where it was ({again.log})")
    counter.check()
    assert again.stop(limit_s=10) == 0


@pytest.mark.fault("F38")
def test_its_read_model_is_rebuilt_while_it_works(counter: CounterService, database: Database):
    work = counter.start()
    counters = [counter.count() for _ in range(30)]
    wait_until(counter.caught_up, 40, f"the read model catches up ({work.log})")
    owner = Pool(database.owner_dsn, size=3)
    broker = KafkaBroker(counter.kafka, None, (TOPIC,))
    done = Rebuild(counter.consumer, owner, broker, database.serving_role, events=events).run(actor="me", reason="test")
    owner.close()
    assert [(table.table, table.new_rows, table.differing) for table in done.tables] == [("total", 30, 0)]
    for one in counters:
        counter.count(one, by=2)
    wait_until(lambda: counter.caught_up(version=2), 40, f"the process goes on with the new version ({work.log})")
    counter.check()
    assert work.stop() == 0


def test_a_process_without_its_tables_says_what_to_do_and_ends(counter: CounterService, database: Database):
    with closing(psycopg2.connect(database.owner_dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("delete from consumer_version")
    work = counter.start()
    assert work.ends_by_itself() == 1
    assert (
        "counter work cannot start: the tables of counter.views were never made: run `migrate`" in work.log.read_text()
    )
