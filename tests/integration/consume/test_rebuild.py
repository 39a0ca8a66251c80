"""A read model made anew while the live one goes on; readers see the old or the new, never none and never both."""

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from chassis.consume import views
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.memory_broker import MemoryBroker
from chassis.consume.rebuild import NotRebuilt, Rebuild, Rebuilt
from chassis.consume.reconcile import reconcile
from contracts.refusals import NotFound
from tests.conformance.counter.domain import events
from tests.conformance.counter.totals import Totals
from tests.integration.consume.rig import TOPIC, Failing, Rig, failing_on
from tests.integration.consume.test_order import five_of_one_counter, in_epoch


class Doubled(Totals):
    """The next release of the read model: another column, and twice as much of everything."""

    ddl = "create table total (counter_id uuid primary key, version int not null, total int, applied int, note text)"

    def apply(self, cursor: Any, batch: Sequence[Any]) -> None:
        super().apply(cursor, batch)
        cursor.execute(
            "update total set note = 'twice', total = 2 * total where counter_id = any(%s::uuid[]) and applied = 1",
            ([received.envelope.stream_id for received in batch],),
        )


def rebuild(rig: Rig, consumer: Consumer | None = None) -> Rebuilt:
    consumer = consumer or rig.views
    broker = MemoryBroker(rig.cluster, None, consumer.topics)
    rebuilding = Rebuild(consumer, rig.owner, broker, rig.serving, events=events, clock=rig.clock)
    return rebuilding.run(actor="officer", reason="a test")


def model(projection: Totals) -> Consumer:
    return Consumer("counter.views", (TOPIC,), Projections([projection]))


def spread(rig: Rig, number: int = 20) -> list[UUID]:
    counters = [rig.count(by=3) for _ in range(number)]
    rig.publish()
    return counters


def test_a_rebuilt_model_holds_the_same_and_the_live_consumer_goes_on_with_it(rig: Rig):
    counters = spread(rig)
    loop = rig.loop()
    rig.settle(loop)
    done = rebuild(rig)
    assert (done.old_version, done.new_version) == (1, 2)
    assert [(t.table, t.live_rows, t.new_rows, t.differing) for t in done.tables] == [("total", 20, 20, 0)]
    for counter in counters:
        rig.count(counter, by=4)
    rig.publish()
    rig.settle(loop)
    assert [rig.total(counter) for counter in counters] == [(7, 2)] * 20
    assert rig.rows("select distinct consumer from watermark") == [("counter.views@2",)]
    assert rig.rows("select to_regclass('views_1.total')") == [(None,)]
    assert rig.rows("select actor, act, detail->>'to' from consumer_act") == [("officer", "rebuild", "2")]


def test_a_partition_that_is_gone_and_of_which_nothing_was_dealt_with_does_not_hold_it_up(rig: Rig):
    """The topic had one too many for a while; whoever saw it has a watermark of it."""
    spread(rig)
    rig.settle(rig.loop())
    rig.rows(
        "insert into watermark select consumer, topic, 99, topic_id, 0, 0, 0 from watermark where partition = 0"
        " returning 1"
    )
    assert rebuild(rig).new_version == 2


def test_another_rebuild_makes_the_next_version(rig: Rig):
    counters = spread(rig, 3)
    loop = rig.loop()
    rig.settle(loop)
    rebuild(rig)
    assert rebuild(rig).new_version == 3
    assert [rig.total(counter) for counter in counters] == [(3, 1)] * 3


def test_new_code_gets_its_own_tables_and_what_differs_is_told(rig: Rig):
    counters = spread(rig, 4)
    loop = rig.loop()
    rig.settle(loop)
    done = rebuild(rig, model(Doubled()))
    assert [(t.live_rows, t.new_rows, t.differing) for t in done.tables] == [(4, 4, None)]
    assert rig.rows("select distinct total, note from total") == [(6, "twice")]
    rig.count(counters[0])
    rig.publish()
    with pytest.raises(views.NotInstalled, match="rebuild"):
        rig.settle(loop)  # the old release does not write into tables that are not its own
    loop.close()
    rig.settle(rig.loop(model(Doubled())))
    assert rig.total(counters[0]) == (7, 2)


@pytest.mark.fault("F38")
def test_under_load_readers_see_whole_tables_and_nothing_is_lost(rig: Rig):
    counters = spread(rig)
    loop = rig.loop()
    rig.settle(loop)
    stop, sums, failures = threading.Event(), set[int](), list[BaseException]()

    def until_the_end(step: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                step()
        except BaseException as error:
            failures.append(error)

    def read() -> None:
        sums.add(rig.rows("select count(*) from total")[0][0])

    threads = [threading.Thread(target=until_the_end, args=(step,)) for step in (lambda: loop.run_once(0), read)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(3):
            for counter in counters:
                rig.count(counter, by=1)
            rig.publish()
            assert rebuild(rig).new_version == turn + 2
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    rig.clock.advance(20)
    rig.settle(loop)
    assert failures == []
    assert sums == {20}
    assert [rig.total(counter) for counter in counters] == [(6, 4)] * 20


@pytest.mark.fault("F38")
def test_a_rebuild_that_died_half_way_leaves_nothing_in_the_way(rig: Rig):
    counters = spread(rig, 5)
    loop = rig.loop()
    rig.settle(loop)
    with rig.owner.transaction() as cursor:
        views.create(cursor, rig.serving, rig.views, 2)
        cursor.execute("insert into views_2.total values (gen_random_uuid(), 1, 1, 1)")
        cursor.execute("insert into watermark values ('counter.views@2', %s, 0, 'x', 1, 99, 99)", (TOPIC,))
    assert rebuild(rig).tables[0].differing == 0
    assert [rig.total(counter) for counter in counters] == [(3, 1)] * 5


def test_code_that_cannot_deal_with_what_the_live_one_could_is_not_swapped_in(rig: Rig):
    rig.count(by=13)
    counters = spread(rig, 5)
    loop = rig.loop()
    rig.settle(loop)
    with pytest.raises(NotRebuilt, match="parked"):
        rebuild(rig, model(Failing(failing_on(13))))
    assert rig.rows("select live_version from consumer_version") == [(1,)]
    assert rig.rows("select to_regclass('views_2.total')") == [(None,)]
    assert rig.rows("select count(*) from watermark where consumer = 'counter.views@2'") == [(0,)]
    assert [rig.total(counter) for counter in counters] == [(3, 1)] * 5


def test_a_rebuild_mends_what_was_parked_in_the_live_version(rig: Rig):
    victim = rig.count(by=13)
    rig.publish()
    loop = rig.loop(model(Failing(failing_on(13))))
    rig.settle(loop)
    assert rig.total(victim) is None
    rebuild(rig)
    assert rig.total(victim) == (13, 1)
    assert rig.rows("select * from parked") == []


def test_one_rebuild_at_a_time(rig: Rig):
    with rig.owner.statements() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext('rebuild counter.views'))")
        with pytest.raises(NotRebuilt, match="somebody else"):
            rebuild(rig)
        cursor.execute("select pg_advisory_unlock_all()")


def test_how_consumers_stand_can_be_listed(rig: Rig):
    spread(rig, 2)
    rig.settle(rig.loop())
    with rig.pool.transaction() as cursor:
        [standing] = views.listed(cursor, [rig.views])
        [outdated] = views.listed(cursor, [model(Doubled())])
    assert (standing.version, standing.tables, standing.fits_code, standing.parked) == (1, ("total",), True, 0)
    assert standing.dealt_with > 0
    assert not outdated.fits_code


@pytest.mark.fault("F21")
def test_after_a_restore_a_person_reconciles_and_the_partition_goes_on(rig: Rig):
    counter, found = five_of_one_counter(rig)
    rig.send(found[:4])
    loop = rig.loop()
    rig.settle(loop)
    # the log was restored to two facts; what follows in epoch 2 is another third fact
    rig.send([in_epoch(found[4], 2, prev=found[1][1].position, position=found[2][1].position, stream_version=6)])
    rig.settle(loop)
    assert rig.total(counter) == (4, 4)
    with rig.pool.transaction() as cursor:
        [done] = reconcile(cursor, "counter.views", actor="officer", reason="restored from the backup of 02:00")
    assert (done.epoch, done.lost_from, done.lost_to) == (2, found[1][1].position + 1, found[3][1].position)
    rig.clock.advance(10)
    rig.settle(loop)
    assert rig.total(counter) == (5, 5)
    assert loop.stopped() == {}
    assert rig.rows("select act, reason from consumer_act") == [("reconcile", "restored from the backup of 02:00")]
    with pytest.raises(NotFound), rig.pool.transaction() as cursor:
        reconcile(cursor, "counter.views", actor="officer", reason="again")
