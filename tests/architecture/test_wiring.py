"""What the doors of a service promise is wired behind them."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from chassis.settings import Settings
from chassis.web import openapi
from chassis.web.routes import Routes
from deploy.local.stack.keys import ensure_keys
from deploy.local.stack.state import StateFolder
from tests.architecture.tracked import python

FILLED_BY = {
    ("notify", "/notify/v1/deliveries"): "notify.deliveries",
    ("reporting", "/reporting/v1/facts"): "reporting.facts",
    ("reporting", "/reporting/v1/cases/{case_id}/timeline"): "reporting.facts",
}
"""By whom, if not by the views of the service."""
SERVICES = sorted(file.parts[1] for file in python("services") if file.name == "bootstrap.py")


def routes_of(service: str) -> Routes:
    return import_module(f"services.{service}.api").routes  # type: ignore[no-any-return]


def bootstrap_of(service: str) -> Any:
    return import_module(f"services.{service}.bootstrap")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_keys(StateFolder(tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("service", SERVICES)
def test_the_description_is_valid_and_every_path_begins_with_the_service(service: str) -> None:
    document = openapi.document(routes_of(service))
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith(f"/{service}/v1/") for path in document["paths"])
    for operations in document["paths"].values():
        for method, operation in operations.items():
            named = {one["name"] for one in operation["parameters"]}
            assert "Accept-Language" in named
            assert ("304" in operation["responses"]) == ("If-None-Match" in named) == (method == "get")


@pytest.mark.parametrize("service", SERVICES)
def test_a_read_waits_for_a_consumer_that_exists(service: str, secrets: Path) -> None:
    consumers = bootstrap_of(service).consumers(Settings(service, secrets=secrets))
    assert {route.after for route in routes_of(service) if route.after} <= {consumer.name for consumer in consumers}


@pytest.mark.parametrize("service", SERVICES)
def test_every_read_waits_and_for_what_fills_it(service: str) -> None:
    """One that waits for another consumer shows what is old, and nobody is told."""
    waits = {route.path: route.after for route in routes_of(service) if route.kind == "query"}
    assert waits == {path: FILLED_BY.get((service, path), f"{service}.views") for path in waits}


@pytest.mark.parametrize("service", SERVICES)
def test_a_door_for_a_command_leads_to_a_handler(service: str, secrets: Path) -> None:
    handled = bootstrap_of(service).commands(Settings(service, secrets=secrets)).handlers
    assert {route.command for route in routes_of(service) if route.command} <= set(handled)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_at_most_three_consumers_and_they_bear_its_name(service: str, secrets: Path) -> None:
    names = [consumer.name for consumer in bootstrap_of(service).consumers(Settings(service, secrets=secrets))]
    assert len(names) <= 3
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{service}.") for name in names)
