"""kafka-python alone: the same records, read from a topic beforehand, sent again idempotently with acks=all.

Its settings are those of the chassis's relay; nothing is read, made or remembered between two sends.
"""

import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from benchmarks.task import found, task


def main():
    asked = task()
    records = read(asked)
    begin = time.perf_counter()
    producer = KafkaProducer(
        **asked["kafka"], acks="all", enable_idempotence=True, linger_ms=20, batch_size=131_072, max_block_ms=60_000
    )
    sent = [
        producer.send(asked["topic"], key=key, value=value, headers=headers, partition=partition)
        for partition, key, value, headers in records
    ]
    producer.flush()
    for future in sent:
        future.get(timeout=0)
    seconds = time.perf_counter() - begin
    producer.close()
    found(count=len(sent), seconds=seconds)


def read(asked):
    consumer = KafkaConsumer(**asked["kafka"])
    places = [TopicPartition(asked["source"], number) for number in consumer.partitions_for_topic(asked["source"])]
    consumer.assign(places)
    consumer.seek_to_beginning()
    records = []
    while len(records) < asked["events"]:
        for found_records in consumer.poll(timeout_ms=1000, max_records=10_000).values():
            records += [
                (r.partition, r.key, r.value, r.headers, int(dict(r.headers)["ce_sequence"])) for r in found_records
            ]
    consumer.close()
    records.sort(key=lambda record: record[4])
    return [record[:4] for record in records[: asked["events"]]]


main()
