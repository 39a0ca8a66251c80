"""psycopg2 alone: each writer inserts one row of the same weight and commits, as fast as it can."""

import multiprocessing
import time
from uuid import uuid4

import psycopg2
import psycopg2.extras

from benchmarks.task import found, percentile, task

TABLE = """
create table if not exists written (no bigint generated always as identity primary key, id uuid not null, data json)
"""
FILL = "insert into written (id, data) select gen_random_uuid(), %s::json from generate_series(1, %s)"
INSERT = "insert into written (id, data) values (%s, %s)"


def write(asked, gate, results):
    connection = psycopg2.connect(asked["dsn"])
    cursor = connection.cursor()
    gate.wait()
    took = []
    begin = now = time.perf_counter()
    while now - begin < asked["seconds"]:
        cursor.execute(INSERT, (uuid4(), asked["data"]))
        connection.commit()
        now, before = time.perf_counter(), now
        took.append(now - before)
    results.put((now - begin, took))


def prepare(asked):
    connection = psycopg2.connect(asked["dsn"])
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("select count(*) from written")
        if cursor.fetchone()[0] < asked["events"]:
            cursor.execute(FILL, (asked["data"], asked["events"]))
    connection.close()


def main():
    asked = task()
    psycopg2.extras.register_uuid()
    prepare(asked)
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(asked["writers"]), context.Queue()
    writers = [context.Process(target=write, args=(asked, gate, results)) for _ in range(asked["writers"])]
    for writer in writers:
        writer.start()
    ended = [results.get(timeout=asked["seconds"] + 60) for _ in writers]
    for writer in writers:
        writer.join()
    took = [one for _, of_writer in ended for one in of_writer]
    found(count=len(took), seconds=max(seconds for seconds, _ in ended), p95_ms=1000 * percentile(took, 0.95))


main()
