"""contracts/doors.txt: every door of every service, what it takes and answers, and every code of a problem.

A line that stands there is promised: what the code does not have any more stays in the file, and a test fails.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from chassis.web import openapi
from cli.generate.problems import SAID_IN
from contracts.refusals import refusals
from contracts.topics import SERVICES

FILE = Path("contracts/doors.txt")
REQUIRED = " (required)"


def documents(root: Path) -> Iterator[tuple[Path, str]]:
    """What was promised before and what the code has, in one order."""
    before = (root / FILE).read_text().splitlines() if (root / FILE).exists() else []
    yield FILE, "\n".join(sorted({*before, *present()})) + "\n"


def present() -> set[str]:
    """What the code has: `GET /registry/v1/agents answers 200 items[].area`, `problem not-found 404`."""
    for module in SAID_IN:
        import_module(module)
    ours = (kind for kind in refusals() if kind.__module__.partition(".")[0] in ("chassis", "contracts", "services"))
    found = {f"problem {kind.code} {kind.status}" for kind in ours}
    for service in SERVICES:
        document = openapi.document(import_module(f"services.{service}.api").routes)
        schemas = document["components"]["schemas"]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                door = f"{method.upper()} {path}"
                found |= {door, *(f"{door} {line}" for line in _of_door(operation, schemas))}
    return found


def _of_door(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation["parameters"]:
        yield f"takes {parameter['in']} {parameter['name']}{REQUIRED if parameter.get('required') else ''}"
    for schema in _bodies(operation.get("requestBody", {})):
        yield from (f"takes {field}" for field in _fields(schema, schemas, requests=True))
    for status, response in operation["responses"].items():
        for schema in _bodies(response):
            yield from (f"answers {status} {field}" for field in _fields(schema, schemas))


def _bodies(carrier: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (content["schema"] for content in carrier.get("content", {}).values() if "schema" in content)


def _fields(
    schema: Mapping[str, Any],
    schemas: Mapping[str, Any],
    at: str = "",
    seen: tuple[str, ...] = (),
    requests: bool = False,
) -> Iterator[str]:
    """The places of a body's fields: `items[].area`. Of what contains itself once."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from _fields(schemas[name], schemas, at, (*seen, name), requests)
        return
    for either in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _fields(either, schemas, at, seen, requests)
    if "items" in schema:
        yield from _fields(schema["items"], schemas, f"{at}[]", seen, requests)
    for name, inner in schema.get("properties", {}).items():
        place = f"{at}.{name}".removeprefix(".")
        yield place + (REQUIRED if requests and name in schema.get("required", ()) else "")
        yield from _fields(inner, schemas, place, seen, requests)
