"""JSON Schemas of every message, one file a type and version, as receivers in other languages use them.

Writers are closed, readers open: an event's schema says nothing of fields it does not name; a command's forbids them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts import catalogue
from contracts.envelope import Message
from contracts.reply import SCHEMA, Reply

FOLDER = Path("contracts/schemas")


def documents() -> Iterator[tuple[Path, str]]:
    """Where each schema belongs, and its text."""
    yield FOLDER / "reply.json", _dump(SCHEMA, Reply.model_json_schema(mode="serialization"))
    for kind in (*catalogue.events().values(), *catalogue.commands().values()):
        yield FOLDER / kind.message_type / f"{kind.schema_version}.json", text_of(kind)


def text_of(kind: type[Message]) -> str:
    urn = f"urn:phoihop:schema:{kind.message_type}:{kind.schema_version}"
    return _dump(urn, kind.model_json_schema(mode="serialization"))


def _dump(urn: str, schema: dict[str, Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": urn}
    return json.dumps(head | schema, ensure_ascii=False, indent=2) + "\n"
