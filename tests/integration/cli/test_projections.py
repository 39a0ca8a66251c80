"""How far each consumer is; a read model made anew while people read it; going on after facts were lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from chassis.consume import stops
from chassis.consume.broker import Partition
from chassis.consume.failures import Stop
from chassis.consume.order import Stamp
from chassis.postgres.pool import Pool
from tests.integration.cli.conftest import Quiet, Register
from tests.support.waiting import wait_until

COUNT = "select count(*) from provider"


def version(register: Register) -> int:
    rows = register.phoihop.told("projections", "list", "registry")
    return int(next(row["version"] for row in rows if row["consumer"] == "registry.views"))


def test_consumers_are_listed_with_their_tables_and_their_place(register: Register) -> None:
    position = register.settled()
    rows = {row["consumer"]: row for row in register.phoihop.told("projections", "list", "registry")}
    assert rows.keys() == {"registry.views", "registry.executions"}
    views = rows["registry.views"]
    assert "provider" in views["tables"]
    assert (views["fits_code"], views["stopped"], views["service"]) == (True, [], "registry")
    assert views["dealt_with"] >= position
    table = register.phoihop.process("projections", "list", "registry")
    assert (table.code, "registry.executions" in table.out) == (0, True)


@contextmanager
def reading(register: Register) -> Iterator[list[int]]:
    """Somebody counts companies all the while."""
    seen: list[int] = []
    enough = Event()
    pool = Pool(register.database.dsn, 1, application_name="reader")

    def read() -> None:
        while not enough.is_set():
            with pool.transaction(read_only=True) as cursor:
                cursor.execute(COUNT)
                seen.append(cursor.fetchall()[0][0])

    with ThreadPoolExecutor(1) as reader:
        task = reader.submit(read)
        yield seen
        enough.set()
        task.result(timeout=20)
    pool.close()


def test_readers_notice_nothing_of_a_rebuild(register: Register) -> None:
    register.settled()
    before, ((companies,),) = version(register), register.rows(COUNT)
    with reading(register) as seen:
        (done,) = register.phoihop.told("projections", "rebuild", "registry.views", "--reason", "một cột mới (mẫu)")
        wait_until(lambda: len(seen) > 10, 20, "somebody read")
    assert (done["old_version"], done["new_version"]) == (before, before + 1)
    assert {row["table"]: (row["live_rows"], row["new_rows"]) for row in done["tables"]}["provider"] == (
        companies,
        companies,
    )
    assert all(row["differing"] == 0 for row in done["tables"])
    assert set(seen) == {companies}
    assert version(register) == before + 1
    register.companies(1)  # and it goes on
    register.settled()
    assert register.rows(COUNT) == [(companies + 1,)]
    ((reason,),) = register.rows("select reason from consumer_act where act = 'rebuild' order by 1 limit 1")
    assert reason == "một cột mới (mẫu)"


def test_only_read_models_are_rebuilt(register: Register) -> None:
    executions = register.phoihop("projections", "rebuild", "registry.executions", "--reason", "x")
    assert (executions.code, executions.out) == (1, "")
    assert "no read models" in executions.err
    nobody = register.phoihop.process("projections", "rebuild", "registry.nobody", "--reason", "x")
    assert (nobody.code, "registry has no consumer registry.nobody" in nobody.err) == (1, True)
    assert register.phoihop("projections", "rebuild", "nosuch.views", "--reason", "x").code == 2
    assert register.phoihop("projections", "rebuild", "--reason", "x").code == 2
    both = ("registry.views", "--outdated", "--reason", "x")
    assert register.phoihop("projections", "rebuild", *both).code == 2


def test_lost_facts_are_accepted_once_and_written_down(quiet: Quiet) -> None:
    place = Partition("enforcement.events.v1", 4)
    nothing = quiet.phoihop("reconcile", "registry.executions", "--reason", "x")
    assert (nothing.code, "has stopped before lost facts" in nothing.err) == (1, True)
    pool = Pool(quiet.database.dsn, 1, application_name="cli test")
    with pool.transaction() as cursor:
        cursor.execute(
            "insert into watermark (consumer, topic, partition, topic_id, epoch, position, kafka_offset) "
            "values ('registry.executions', %s, %s, 'a-topic-id', 1, 40, 40)",
            place,
        )
        stop = Stop("lost-facts", "positions 31 to 40 were applied and are lost")
        stops.put(cursor, "registry.executions", place, stop, Stamp(2, 31, 30))
    pool.close()
    (row,) = [one for one in quiet.phoihop.told("projections", "list", "registry") if one["stopped"]]
    (stopped,) = row["stopped"]
    assert row["consumer"] == "registry.executions"
    assert (stopped["topic"], stopped["partition"], stopped["reason"]) == (*place, "lost-facts")
    table = quiet.phoihop("projections", "list", "registry").out
    assert "registry.executions stands still on enforcement.events.v1/4: lost-facts" in table
    assert "before position 31: positions 31 to 40 were applied and are lost" in table
    (done,) = quiet.phoihop.told("reconcile", "registry.executions", "--reason", "bản sao lưu 02:00 (mẫu)")
    assert (done["topic"], done["partition"], done["epoch"]) == (*place, 2)
    assert (done["lost_from"], done["lost_to"]) == (31, 40)
    assert quiet.rows("select epoch, position from watermark where partition = 4") == [(2, 30)]
    assert quiet.rows("select act, reason from consumer_act") == [("reconcile", "bản sao lưu 02:00 (mẫu)")]
    assert quiet.phoihop.process("reconcile", "registry.executions", "--reason", "x").code == 1
