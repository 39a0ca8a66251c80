"""Records read back from the bytes that kafka-python's own builder makes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chassis.kafka import record_reader

from kafka import TopicPartition  # isort: skip
from kafka.consumer.fetcher import Fetcher  # isort: skip
from kafka.errors import CorruptRecordError  # isort: skip
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder  # isort: skip
from kafka.record.memory_records import MemoryRecords  # isort: skip

record_reader.install()

Header = tuple[str, bytes | None]
headers = some.lists(some.tuples(some.text(max_size=80), some.none() | some.binary(max_size=300)), max_size=20)
records = some.lists(
    some.tuples(some.none() | some.binary(max_size=70), some.none() | some.binary(max_size=300), headers),
    min_size=1,
    max_size=5,
)


def batch_of(found: list[tuple[bytes | None, bytes | None, list[Header]]]) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1_000_000)
    for offset, (key, value, named) in enumerate(found):
        builder.append(offset, 1_700_000_000_000 + offset, key, value, named)
    return bytes(builder.build())


@given(records)
def test_what_was_written_is_read(found: list[tuple[bytes | None, bytes | None, list[Header]]]):
    read = list(DefaultRecordBatch(batch_of(found)))
    assert [(record.key, record.value, record.headers) for record in read] == found
    assert [record.offset for record in read] == list(range(len(found)))
    assert [record.timestamp for record in read] == [1_700_000_000_000 + offset for offset in range(len(found))]


def test_a_name_that_is_no_text_is_read_with_replacement_characters():
    whole = batch_of([(b"k", b"v", [("AAA", b"1")])]).replace(b"AAA", b"\xff\xfeA")
    [record] = DefaultRecordBatch(whole)
    assert record.headers == [("\ufffd\ufffdA", b"1")]


@given(some.data())
def test_a_damaged_batch_is_called_corrupt_or_read_to_its_end(data: some.DataObject):
    whole = bytearray(batch_of([(b"key", b"value", [("name", b"text"), ("other", None)])]))
    place = data.draw(some.integers(61, len(whole) - 1))
    whole[place] = data.draw(some.integers(0, 255))
    try:
        list(DefaultRecordBatch(bytes(whole)))
    except CorruptRecordError:
        return


def test_lengths_that_do_not_agree_are_corrupt():
    whole = batch_of([(b"k", b"v", [("name", b"text")])])
    with pytest.raises(CorruptRecordError):
        list(DefaultRecordBatch(whole + b"\0"))


def fetched(whole: bytes, offset: int = 0) -> Any:
    return Fetcher.PartitionRecords(offset, TopicPartition("t", 3), MemoryRecords(whole))


@given(records)
def test_a_fetch_yields_what_kafka_python_itself_would_yield(
    found: list[tuple[bytes | None, bytes | None, list[Header]]],
):
    whole = batch_of(found)
    ours, theirs = fetched(whole), fetched(whole)
    theirs.record_iterator = record_reader._stock_unpack(
        theirs, theirs.topic_partition, MemoryRecords(whole), None, None
    )
    for _ in range(len(found) + 1):
        assert [one[:9] for one in ours.take(1)] == [one[:9] for one in theirs.take(1)]
        assert (ours.next_fetch_offset, ours.records_read) == (theirs.next_fetch_offset, theirs.records_read)
        assert bool(ours) == bool(theirs)
        if not ours:
            return


def test_a_fetch_from_the_middle_of_a_batch_begins_there():
    part = fetched(batch_of([(b"a", b"1", []), (b"b", b"2", []), (b"c", b"3", [])]), offset=1)
    assert [record.offset for record in part.take()] == [1, 2]


def test_a_batch_that_does_not_match_its_checksum_is_corrupt():
    whole = bytearray(batch_of([(b"k", b"v", [("name", b"text")])]))
    whole[-1] ^= 1
    with pytest.raises(CorruptRecordError, match="checksum"):
        fetched(bytes(whole)).take()


def test_records_like_the_last_one_are_cut_by_its_layout_and_others_are_not():
    """Same names, same lengths: one look. A value as long as another name with it must not pass for that."""
    alike = [(b"k", b"v", [("name", b"%04d" % number), ("other", b"x")]) for number in range(3)]
    unlike = [
        (b"k", b"v", [("name", b"0000\x0aother"), ("o", b"")]),
        (b"k", b"v", [("eman", b"0001"), ("other", b"x")]),
    ]
    found = [*alike, *unlike, *alike]
    assert [record.headers for record in fetched(batch_of(found)).take()] == [headers for _, _, headers in found]


def packed(codec: int) -> bytes:
    """A batch whose one record somebody packed in a way that is not installed here."""
    batch = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1_000_000)
    batch.append(0, 1_700_000_000_000, b"k", b"v", [])
    batch._compression_type = codec
    batch.write_header(use_compression_type=True)
    return bytes(batch._buffer)


@pytest.mark.parametrize("codec", [2, 4, 7], ids=["snappy", "zstd", "none that there is"])
def test_a_batch_that_cannot_be_unpacked_is_one_unreadable_record_and_the_next_is_read(codec: int):
    part = fetched(packed(codec) + batch_of([(b"key", b"value", [])]))
    first, second = part.take(10)
    assert (first.offset, first.key, first.value, list(first.headers)) == (0, None, None, [])
    assert (second.key, second.value) == (b"key", b"value")
    assert not part


def test_a_corrupt_batch_is_told_once_and_leaves_nothing_that_looks_full():
    whole = bytearray(batch_of([(b"key", b"value", [])]))
    whole[-1] ^= 1
    part = fetched(bytes(whole))
    with pytest.raises(CorruptRecordError):
        part.take(10)
    assert not part


def test_strange_headers_are_read_and_not_remembered():
    before = {length: list(layouts) for length, layouts in record_reader._layouts.items()}
    for size in range(5_000, 5_050):
        [record] = DefaultRecordBatch(batch_of([(b"k", b"v", [("n" * size, b"1")])]))
        assert record.headers == [("n" * size, b"1")]
    assert record_reader._layouts == before
