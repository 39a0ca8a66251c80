"""One event on its way to Kafka, the same whether the relay sends it or what was held back goes on."""

from typing import Any

from chassis.kafka.clients import KafkaProducer
from contracts.envelope import Envelope, to_kafka


def send(producer: KafkaProducer, topic: str, partition: int, envelope: Envelope) -> Any:
    """Answers kafka-python's future. Raises KafkaError when it cannot even be put into the producer's buffer."""
    key, headers = to_kafka(envelope)
    return producer.send(topic, envelope.data, key, headers, partition)
