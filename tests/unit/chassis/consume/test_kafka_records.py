"""Records read back from the bytes that kafka-python's own builder makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chassis.consume import kafka_records

from kafka.errors import CorruptRecordError  # isort: skip
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder  # isort: skip

kafka_records.install()

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
