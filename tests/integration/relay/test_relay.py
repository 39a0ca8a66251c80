"""Log → Kafka: everything, in order, at least once, and never beyond the log."""

import json
from uuid import uuid4

import psycopg2
import pytest

from chassis.kafka import topics
from chassis.kafka.clients import KafkaError, KafkaSettings
from chassis.kafka.partition import partition_of
from chassis.observe.metrics import UNSEQUENCED_OLDEST_AGE
from chassis.relay import lag, reading
from chassis.relay.ahead import KafkaIsAhead, WrongPartitions
from chassis.relay.relay import Relay
from chassis.relay.republish import NotEmpty, progress, republish
from chassis.store.append import send_later
from chassis.store.decision import OutboxMessage
from chassis.store.epochs import raise_epoch
from contracts.envelope import Metadata
from contracts.topics import Topic, events_topic
from tests.integration.relay.bus import Bus, check_topic_is_the_log, relay_everything
from tests.integration.store.conftest import made
from tests.integration.store.counting import OFFICER, Store
from tests.support.stack_fixture import Databases
from tests.support.waiting import wait_until


def test_the_topic_is_the_log(store: Store, bus: Bus) -> None:
    store.fill(2500, streams=30)
    relay = bus.relay(store)
    assert relay_everything(relay, store) == 2500
    assert check_topic_is_the_log(bus, store) == 0
    assert relay.run_once() == 0
    relay.close()


def test_a_message_carries_the_stored_bytes_and_its_headers(store: Store, bus: Bus) -> None:
    stream = uuid4()
    store.count(stream, 0)
    store.sequence()
    relay = bus.relay(store)
    relay_everything(relay, store)
    relay.close()

    [record] = bus.records()
    headers = dict(record.headers)
    [(data, meta)] = store.rows("select data::text, metadata::text from event")
    assert (record.key, record.value) == (str(stream).encode(), data.encode())
    assert record.partition == partition_of(stream)
    assert headers["ce_meta"] == meta.encode()
    assert Metadata.model_validate_json(headers["ce_meta"]).actor == OFFICER.name
    assert (headers["ce_source"], headers["ce_sequence"], headers["ce_prev"], headers["ce_logepoch"]) == (
        f"/{bus.service}".encode(),
        b"0000000000000000001",
        b"0",
        b"1",
    )


def test_what_is_appended_while_it_runs_follows(store: Store, bus: Bus) -> None:
    relay = bus.relay(store)
    for _ in range(3):
        store.fill(50)
        relay_everything(relay, store)
    assert check_topic_is_the_log(bus, store) == 0
    relay.close()


@pytest.mark.fault("F6")
def test_two_relays_double_messages_and_lose_none(store: Store, bus: Bus) -> None:
    store.fill(1200, streams=30)
    relays = [bus.relay(store), bus.relay(store)]

    def both() -> bool:
        for relay in relays:
            relay.run_once()
        return progress(store.pool, bus.service).sent == 1200

    wait_until(both, 30, "both together reached the head")
    check_topic_is_the_log(bus, store)
    for relay in relays:
        relay.close()


def test_a_refused_send_moves_nothing_and_is_made_up_for(store: Store, bus: Bus, servers: object) -> None:
    """The service may read its topic but not write it: the first batch fails, nothing is skipped later."""
    reader = f"reader-{uuid4().hex[:8]}"
    servers.kafka.ensure_users([reader])  # type: ignore[attr-defined]
    only_reading = Topic(bus.topic.name, 12, writers=(bus.service,), readers=(bus.service, reader))
    topics.apply(bus.settings, [only_reading])
    own = KafkaSettings(bus.settings.bootstrap_servers, reader, servers.kafka.password(reader))  # type: ignore[attr-defined]
    store.fill(100)
    relay = Relay(store.pool, bus.service, own)

    def refused() -> bool:
        try:
            relay.run_once()
        except KafkaError:
            return True
        return False

    wait_until(refused, 20, "the refusal reached the caller")
    assert progress(store.pool, bus.service).sent == 0

    topics.apply(
        bus.settings, [Topic(bus.topic.name, 12, writers=(bus.service, reader), readers=(bus.service, reader))]
    )
    relay_everything(relay, store)
    check_topic_is_the_log(bus, store)
    relay.close()


@pytest.mark.fault("F21")
def test_it_refuses_when_kafka_is_ahead_until_the_epoch_is_raised(store: Store, bus: Bus, databases: Databases) -> None:
    """The database was restored: its log ends before what Kafka holds."""
    store.fill(30)
    first = bus.relay(store)
    relay_everything(first, store)
    first.close()
    with made(databases) as restored:
        restored.fill(10)
        relay = bus.relay(restored)
        with pytest.raises(KafkaIsAhead, match=r"position \d+ of epoch 1, but the log ends at position 10 of epoch 1"):
            relay.run_once()
        with pytest.raises(KafkaIsAhead):
            relay.run_once()
        assert len(bus.records()) == 30

        raise_epoch(restored.pool, "restored from the backup of an hour ago")
        restored.fill(5)
        relay_everything(relay, restored)
        stamps = {(envelope.epoch, envelope.position) for _, envelope in bus.envelopes()}
        assert {(2, position) for position in range(11, 16)} <= stamps
        relay.close()


@pytest.mark.fault("F34")
def test_a_record_that_stands_in_no_log_does_not_end_a_relay_that_starts(store: Store, bus: Bus) -> None:
    producer = bus.settings.producer()
    for headers in ([], [("ce_logepoch", b"1"), ("ce_sequence", b"first")]):
        producer.send(bus.topic.name, partition=0, value=b"{", headers=headers).get(10)
    producer.close()
    store.fill(20)
    relay = bus.relay(store)
    assert relay_everything(relay, store) == 20
    relay.close()


@pytest.mark.fault("F29")
def test_it_refuses_a_topic_with_other_partitions_or_none(store: Store, settings: KafkaSettings) -> None:
    service = f"svc-{uuid4().hex[:12]}"
    relay = Relay(store.pool, service, settings)
    with pytest.raises(WrongPartitions, match="does not exist"):
        relay.run_once()
    admin = settings.admin()
    admin.create_topics({events_topic(service): {"num_partitions": 13}}, wait_for_metadata=True)
    with pytest.raises(WrongPartitions, match="13 partitions"):
        relay.run_once()
    admin.delete_topics([events_topic(service)])
    admin.close()


@pytest.mark.fault("F27")
def test_a_lost_topic_is_refilled_from_position_1(store: Store, bus: Bus) -> None:
    store.fill(300)
    relay = bus.relay(store)
    relay_everything(relay, store)
    with pytest.raises(NotEmpty):
        republish(store.pool, bus.service, bus.settings)

    admin = bus.settings.admin()
    admin.delete_topics([bus.topic.name])

    def remade() -> bool:
        try:
            topics.apply(bus.settings, [bus.topic])
        except KafkaError:
            return False
        return not topics.check(bus.settings, [bus.topic])

    wait_until(remade, 20, "the topic was deleted and made anew")
    admin.close()
    begun = republish(store.pool, bus.service, bus.settings)
    assert (begun.sent, begun.total) == (0, 300)

    def refilled() -> bool:
        try:
            relay.run_once()
        except (KafkaError, WrongPartitions):
            return False
        return progress(store.pool, bus.service).sent == 300

    wait_until(refilled, 30, "the relay that was running all the time refilled the topic")
    check_topic_is_the_log(bus, store)
    relay.close()


def test_replies_are_sent_and_then_forgotten(store: Store, bus: Bus) -> None:
    replies = [
        OutboxMessage(bus.topic.name, b"key", [("ce_id", str(number)), ("ce_note", "Đường")], b'{"n":%d}' % number)
        for number in range(5)
    ]
    with store.pool.transaction() as cursor:
        send_later(cursor, replies)
    relay = bus.relay(store)
    assert relay.run_once() == 5
    assert store.rows("select count(*) from outbox") == [(0,)]
    records = bus.records()
    assert [json.loads(record.value)["n"] for record in records] == [0, 1, 2, 3, 4]
    assert {record.key for record in records} == {b"key"}
    assert dict(records[0].headers)["ce_note"] == "Đường".encode()
    relay.close()


def test_a_reply_that_could_not_be_sent_stays(store: Store, bus: Bus) -> None:
    with store.pool.transaction() as cursor:
        send_later(cursor, [OutboxMessage("no-such-topic", b"k", [], b"{}")])
    relay = bus.relay(store)
    with pytest.raises(KafkaError):
        relay.run_once()
    assert store.rows("select count(*) from outbox") == [(1,)]
    relay.close()


def test_lag_is_counted_and_aged(store: Store, bus: Bus) -> None:
    store.fill(20)
    store.count(uuid4(), 0)
    assert lag.measure(store.pool, bus.service)[:2] == (1, 20)
    assert lag.measure(store.pool, bus.service)[2] > 0
    assert next(iter(UNSEQUENCED_OLDEST_AGE.collect())).samples[0].value > 0
    relay = bus.relay(store)
    relay_everything(relay, store)
    assert lag.measure(store.pool, bus.service) == (1, 0, 0.0)
    relay.close()


@pytest.mark.fault("F14")
def test_a_cut_database_connection_is_no_more_than_a_pause(store: Store, bus: Bus) -> None:
    store.fill(600, streams=30)
    relay = bus.relay(store)
    relay.run_once()
    store.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
    )

    def goes_on() -> bool:
        try:
            relay.run_once()
        except psycopg2.Error:
            return False
        return reading.state(store.pool, bus.topic.name).place.cursor == 600

    wait_until(goes_on, 30, "the relay reached the head in spite of it")
    check_topic_is_the_log(bus, store)
    relay.close()
