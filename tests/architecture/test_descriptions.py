"""Each service describes its doors in valid OpenAPI, and every path begins with its name."""

from importlib import import_module

import pytest
from openapi_spec_validator import validate

from chassis.web import openapi
from tests.architecture.tracked import python

SERVICES = sorted(file.parts[1] for file in python("services") if file.name == "api.py")


@pytest.mark.parametrize("service", SERVICES)
def test_the_description_is_valid(service: str) -> None:
    document = openapi.document(import_module(f"services.{service}.api").routes)
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith(f"/{service}/v1/") for path in document["paths"])
