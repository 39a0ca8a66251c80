"""The chassis's clients, from what the runner gives to every program."""

from typing import Any

from chassis.kafka.clients import KafkaSettings


def settings(asked: dict[str, Any]) -> KafkaSettings:
    kafka = asked["kafka"]
    return KafkaSettings(kafka["bootstrap_servers"], kafka["sasl_plain_username"], kafka["sasl_plain_password"])
