"""The partition function against Java's own vectors and kafka-python's."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as theirs

from chassis.kafka.partition import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),  # org.apache.kafka.common.utils.UtilsTest
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_java_s(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


@given(st.binary(max_size=80))
def test_murmur2_is_kafka_python_s(key: bytes) -> None:
    assert murmur2(key) == theirs(key) % 2**32


@given(st.uuids())
def test_a_stream_goes_where_any_kafka_client_would_send_its_key(stream_id: UUID) -> None:
    assert partition_of(stream_id) == (theirs(str(stream_id).encode()) & 0x7FFFFFFF) % 12
