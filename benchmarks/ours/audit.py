"""The whole chain recomputed from the stored bytes."""

import time

from benchmarks.task import found, task
from chassis.store.audit import verify_database


def main() -> None:
    begin = time.perf_counter()
    verdict = verify_database(task()["dsn"])
    if not verdict.ok:
        raise SystemExit(f"position {verdict.first_bad_position}: {verdict.reason}")
    found(count=verdict.events, seconds=time.perf_counter() - begin)


main()
