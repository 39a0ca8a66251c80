"""The OpenAPI 3.1 description of a service, made from its routes: nobody writes it by hand."""

from typing import Any

from openapi_pydantic import OpenAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chassis.web.pages import DEFAULT_LIMIT, LARGEST_LIMIT
from chassis.web.parameters import reserved
from chassis.web.problems import MEDIA_TYPE as PROBLEM
from chassis.web.routes import Route, Routes

JSON = "application/json"
REF = "#/components/schemas/{model}"
Schemas = dict[tuple[Any, JsonSchemaMode], dict[str, Any]]
"""JSON schemas by model and direction."""

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457; `code` is stable, `detail` is for people.",
    "required": ["type", "title", "status", "detail", "code", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "correlation_id": {"type": "string", "format": "uuid"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("place", "reason", "code")},
            },
        },
    },
}
SECURITY_SCHEMES = {
    "officer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An officer's token"},
    "company": {"type": "http", "scheme": "bearer", "description": "A company's API key: phk_…"},
}
RESERVED = {
    "limit": {
        "description": "Rows of a page",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    },
    "cursor": {"description": "next_cursor of the page before", "schema": {"type": "string"}},
    "after": {
        "description": "What a write answered in After: the answer waits up to 2 s until it is included",
        "schema": {"type": "string"},
    },
}
WRITE_HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Your own id of this request; the same one when you repeat it",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    {
        "name": "If-Match",
        "in": "header",
        "description": 'The ETag of what you have read, or its version in quotes: "7"; stale-version if it moved on',
        "schema": {"type": "string"},
    },
]
LANGUAGE_HEADER: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "description": "In which language a problem is told: en (if you name none) or vi",
    "schema": {"type": "string"},
}
READ_HEADERS: list[dict[str, Any]] = [
    {
        "name": "If-None-Match",
        "in": "header",
        "description": "ETags you have; 304 without a body when one of them still holds",
        "schema": {"type": "string"},
    },
]
CONTENT_LANGUAGE = {"Content-Language": {"description": "en or vi", "schema": {"type": "string"}}}
ETAG_HEADER = {
    "ETag": {
        "description": "Of these bytes; of a single thing with a version also what If-Match takes",
        "schema": {"type": "string"},
    }
}
AFTER_HEADER = {
    "After": {"description": "<stream>@<version>, for ?after= of a later read", "schema": {"type": "string"}}
}


def document(routes: Routes) -> dict[str, Any]:
    """JSON-ready. Validated by `openapi-pydantic` here and by `openapi-spec-validator` in a test."""
    schemas, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.open_path, {})[route.method.lower()] = _operation(route, schemas)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": routes.title, "version": routes.version, "description": _about(routes)},
        "paths": paths,
        "components": {"schemas": definitions | {"Problem": PROBLEM_SCHEMA}, "securitySchemes": SECURITY_SCHEMES},
    }
    checked = OpenAPI.model_validate(whole)
    return checked.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _schemas(routes: Routes) -> tuple[Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for route in routes:
        body = route.body_model()
        if body is not None:
            wanted[body, "validation"] = None
        if route.answers is not None:
            wanted[route.answers, "serialization"] = None
    found, top = models_json_schema(list(wanted), ref_template=REF)
    return found, top.get("$defs", {})


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {
            str(route.status): _success(route, schemas),
            "default": {
                "description": "A problem document",
                "headers": CONTENT_LANGUAGE,
                "content": {PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}},
            },
        },
    }
    if route.kind == "query":
        operation["responses"]["304"] = {"description": "You have it already", "headers": ETAG_HEADER}
    if route.clause:
        operation["description"] = f"Clause {route.clause}."
    operation["security"] = [{kind: []} for kind in route.who if kind in SECURITY_SCHEMES]
    if route.kind != "query":
        body = _body(route, schemas)
        if body:
            operation["requestBody"] = body
    return operation


def _body(route: Route, schemas: Schemas) -> dict[str, Any] | None:
    if route.kind == "upload":
        file = {"type": "string", "format": "binary"}
        form = {"type": "object", "properties": {"file": file}, "required": ["file"]}
        raw = {media_type: {"schema": file} for media_type in route.documents}
        return {"required": True, "content": raw | {"multipart/form-data": {"schema": form}}}
    body = route.body_model()
    if body is None:
        return None
    return {"required": True, "content": {JSON: {"schema": schemas[body, "validation"]}}}


def _success(route: Route, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {media_type: {} for media_type in route.documents} if route.kind == "query" else {}
    if route.answers is not None:
        content[JSON] = {"schema": schemas[route.answers, "serialization"]}
    elif route.kind != "query":
        content[JSON] = {"schema": {"type": "object"}}
    answer: dict[str, Any] = {"description": route.summary, "content": content}
    answer["headers"] = ETAG_HEADER if route.kind == "query" else AFTER_HEADER
    return answer


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} | ({"format": "uuid"} if route.is_id(name) else {}),
        }
        for name in route.placeholders
    ]
    if route.kind != "query":
        return [*found, *WRITE_HEADERS, LANGUAGE_HEADER]
    schema = route.filters.model_json_schema(ref_template=REF)
    definitions = schema.get("$defs", {})
    for name, one in schema.get("properties", {}).items():
        described = {"description": one.pop("description")} if "description" in one else {}
        required = {"required": True} if name in schema.get("required", ()) else {}
        found.append({"name": name, "in": "query", **required, **described, "schema": _inlined(one, definitions)})
    found += [{"name": name, "in": "query", **RESERVED[name]} for name in reserved(route)]
    return [*found, *READ_HEADERS, LANGUAGE_HEADER]


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Filters are small: their enums are written where they stand."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, definitions) for value in schema]
    return schema


def _about(routes: Routes) -> str:
    return (
        f"The service {routes.service}. Writes need an `Idempotency-Key`; they answer `After`, which reads take as "
        "`?after=`. Every no is a problem document (RFC 9457) whose `type` tells what its code means."
    )
