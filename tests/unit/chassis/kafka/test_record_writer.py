"""Records written as bytes, held against kafka-python's own writer."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from chassis.kafka import clients, record_writer

from kafka.record.default_records import DefaultRecordBatchBuilder  # isort: skip

Record = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]

contents = some.none() | some.binary(max_size=300)
headers = some.lists(some.tuples(some.text(max_size=80), contents), max_size=20)
records = some.lists(
    some.tuples(some.integers(0, 2**41), some.none() | some.binary(max_size=70), contents, headers), max_size=8
)
LONG: list[Record] = [
    (2**41, b"k", b"v" * 20_000, [("name", b"c" * 70_000)]),
    (0, None, b"", []),  # an hour before the first: the clock was set back
    (2**42, b"", None, [("ế", b""), ("ế", None)]),
]


def builder(batch_size: int = 10_000_000) -> DefaultRecordBatchBuilder:
    return DefaultRecordBatchBuilder(2, 0, False, 7, 1, 40, batch_size)


def write(append: Callable[..., Any], batch: DefaultRecordBatchBuilder, found: list[Record]) -> list[Any]:
    """(offset, size, timestamp) of each record, None for those that had no room."""
    told = [append(batch, offset, *record) for offset, record in enumerate(found)]
    return [one and (one.offset, one.size, one.timestamp) for one in told]


@given(records)
@example(LONG)
def test_the_bytes_are_those_of_kafka_python(found: list[Record]):
    ours, theirs = builder(), builder()
    assert write(record_writer.append, ours, found) == write(record_writer.STOCK_APPEND, theirs, found)
    assert ours.build() == theirs.build()


@given(records)
@example(LONG)
def test_a_full_batch_takes_no_more_and_one_record_always(found: list[Record]):
    ours, theirs = builder(batch_size=300), builder(batch_size=300)
    assert write(record_writer.append, ours, found) == write(record_writer.STOCK_APPEND, theirs, found)
    assert ours.build() == theirs.build()


@given(records)
@example(LONG)
def test_sizes_are_those_of_kafka_python(found: list[Record]):
    for _, *record in found:
        assert record_writer.size_of(*record) == record_writer.STOCK_SIZE_OF(*record)


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record_writer, "MOST_KNOWN", len(record_writer.NUMBERS))
    found: list[Record] = [(0, b"k", b"v" * 987_654, [])]
    before = dict(record_writer.NUMBERS)
    ours, theirs = builder(), builder()
    write(record_writer.append, ours, found)
    write(record_writer.STOCK_APPEND, theirs, found)
    assert (ours.build(), dict(record_writer.NUMBERS)) == (theirs.build(), before)


def test_a_record_without_a_time_gets_the_present():
    batch = builder()
    told = record_writer.append(batch, 0, None, b"k", b"v", [])
    assert told is not None
    assert told.timestamp == batch._first_timestamp > 1_700_000_000_000


def test_producers_write_this_way():
    assert clients.KafkaProducer, "the import of this module is what installs it"
    assert DefaultRecordBatchBuilder.append is record_writer.append
