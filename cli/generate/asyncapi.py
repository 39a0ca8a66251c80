"""The AsyncAPI 3 document of the bus: each topic a channel, each message type with its schema and golden example."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic_asyncapi import v3 as asyncapi

from contracts import catalogue
from contracts.envelope import Command, Message
from contracts.topics import (
    AGENCIES_ON_THE_BUS,
    COMMANDS_ON_THE_BUS,
    SERVICES,
    commands_topic,
    events_topic,
    replies_topic,
)

FILE = Path("contracts/asyncapi.yaml")
EXAMPLES = Path("contracts/examples")

EVENT_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode, with our extension attributes.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_dataschema", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_subject": {"type": "string", "format": "uuid", "description": "The stream."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "ce_sequencedtime": {"type": "string", "format": "date-time", "description": "When the system learnt it."},
        "ce_dataschema": {"type": "string", "description": "urn:phoihop:schema:<type>:<version>"},
        "ce_partitionkey": {"type": "string", "format": "uuid"},
        "ce_sequence": {"type": "string", "pattern": "^[0-9]{19}$", "description": "Position in the service's log."},
        "ce_prev": {"type": "string", "description": "The last position before it in the same partition."},
        "ce_logepoch": {"type": "string"},
        "ce_streamversion": {"type": "string"},
        "ce_province": {"type": "string"},
        "ce_meta": {"type": "string", "description": "JSON: actor, agency, clause, correlation_id, causation_id."},
        "traceparent": {"type": "string"},
        "content-type": {"const": "application/json"},
    },
}
COMMAND_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode.",
    "required": ["ce_id", "ce_type", "ce_dataschema"],
    "properties": {
        "ce_id": {
            "type": "string",
            "pattern": "^[ -~]{1,200}$",
            "description": "Your own id; the same when sent again.",
        },
        "ce_type": {"type": "string"},
        "ce_dataschema": {"type": "string", "description": "urn:phoihop:schema:<type>:<version>"},
        "ce_specversion": {"const": "1.0"},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_correlationid": {"type": "string", "format": "uuid", "description": "Comes back in the reply."},
        "traceparent": {"type": "string"},
        "accept-language": {"type": "string", "description": "`vi` or `en`: how a refusal is worded."},
        "content-type": {"const": "application/json"},
    },
}
REPLY_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode.",
    "required": [
        "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_dataschema", "ce_causation", "ce_correlationid",
        "content-type",
    ],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string", "description": "<service>.command-accepted or <service>.command-refused"},
        "ce_source": {"type": "string"},
        "ce_dataschema": {"const": "urn:phoihop:schema:reply:1"},
        "ce_causation": {"type": "string", "description": "The `ce_id` of the command."},
        "ce_correlationid": {"type": "string", "format": "uuid"},
        "content-language": {"enum": ["en", "vi"], "description": "Of a refusal."},
        "content-type": {"const": "application/json"},
    },
}  # fmt: skip


def documents() -> Iterator[tuple[Path, str]]:
    yield FILE, text()


def text() -> str:
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for service in SERVICES:
        kinds = [kind for kind in catalogue.events().values() if kind.message_type.startswith(f"{service}.")]
        topic = events_topic(service)
        _add_channel(channels, messages, topic, kinds, f"Facts of {service}, in order per stream. Kept for ever.")
        operations[f"publish-{topic}"] = _operation("send", topic)
    for service, agencies in AGENCIES_ON_THE_BUS.items():
        asks = [kind for kind in catalogue.commands().values() if kind.message_type in COMMANDS_ON_THE_BUS[service]]
        for agency in agencies:
            asked, answered = commands_topic(service, agency), replies_topic(service, agency)
            about = (
                f"Commands of the agency `{agency}` to {service}. `accept-language: vi` words refusals in Vietnamese."
            )
            _add_channel(channels, messages, asked, asks, about)
            channels[answered] = {
                "address": answered,
                "description": f"Answers of {service} to `{agency}`: accepted, or refused with a reason.",
                "messages": {"reply": {"$ref": "#/components/messages/reply"}},
            }
            operations[f"take-{asked}"] = _operation("receive", asked)
            operations[f"answer-{answered}"] = _operation("send", answered)
    messages["reply"] = {
        "name": "reply",
        "contentType": "application/json",
        "headers": REPLY_HEADERS,
        "payload": {"$ref": "schemas/reply.json"},
    }
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Phối hợp on the bus",
            "version": "1",
            "description": "What the services say to each other and to the agencies' own systems.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
    asyncapi.AsyncAPI.model_validate(document)
    return "# Generated from contracts/ by `make generate`: do not edit.\n" + yaml.safe_dump(
        document, allow_unicode=True, sort_keys=False, width=120
    )


def _add_channel(
    channels: dict[str, Any], messages: dict[str, Any], topic: str, kinds: Sequence[type[Message]], description: str
) -> None:
    for kind in kinds:
        messages[_name(kind)] = _message(kind)
    channels[topic] = {
        "address": topic,
        "description": description,
        "messages": {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in kinds},
    }


def _name(kind: type[Message]) -> str:
    return f"{kind.message_type}.v{kind.schema_version}"


def _message(kind: type[Message]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": kind.message_type,
        "title": kind.__name__,
        "summary": " ".join((kind.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": COMMAND_HEADERS if issubclass(kind, Command) else EVENT_HEADERS,
        "payload": {"$ref": f"schemas/{kind.message_type}/{kind.schema_version}.json"},
    }
    example = EXAMPLES / kind.message_type / f"{kind.schema_version}.json"
    if example.exists():
        message["examples"] = [{"payload": json.loads(example.read_text())}]
    return message


def _operation(action: str, topic: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic}"}}
