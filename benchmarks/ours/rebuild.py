"""A read model made anew beside the live one and swapped in, while its memory is watched."""

import threading
from pathlib import Path

from benchmarks.ledger.bootstrap import SERVICE, views
from benchmarks.ledger.domain import events
from benchmarks.ours.kafka import settings
from benchmarks.task import found, task
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.rebuild import Rebuild
from chassis.postgres.pool import Pool
from chassis.process import garbage

PAGE_KIB = 4
LOOK_EVERY_S = 0.05


class Memory(threading.Thread):
    """Resident memory of this process, looked at again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.kib: list[int] = []
        self.end = threading.Event()

    def run(self) -> None:
        while not self.end.wait(LOOK_EVERY_S):
            self.kib.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB)

    def growth(self) -> float:
        """How much higher the peak of the second half is than that of the first: 1.0 is flat."""
        middle = max(1, len(self.kib) // 2)
        return max(self.kib[middle:], default=0) / max(self.kib[:middle], default=1)


def main() -> None:
    asked = task()
    garbage.look_less_often()  # as `phoihop projections rebuild` does
    owner = Pool(asked["owner_dsn"], size=3, statement_timeout_s=0)
    consumer = views()
    memory = Memory()
    memory.start()
    rebuild = Rebuild(consumer, owner, KafkaBroker(settings(asked), None, consumer.topics), SERVICE, events=events)
    rebuilt = rebuild.run(actor="bench", reason="measured")
    memory.end.set()
    memory.join()
    (table,) = rebuilt.tables
    owner.close()
    found(count=asked["events"], seconds=rebuilt.seconds, differing=table.differing, memory_growth=memory.growth())


main()
