"""Who may import whom. The layers stand in `.importlinter`; what it cannot say stands here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tracked import OURS, ROOT, files, imports, packages, python

CHASSIS_ALONE = {"kafka", "psycopg2", "eventlet", "nameko", "greenlet"}
STANDARD = set(sys.stdlib_module_names)
SERVICES = sorted(file.parts[1] for file in python("services") if file.name == "bootstrap.py")


def part(name: str) -> tuple[Path, ...]:
    return tuple(file for file in python("services") if len(file.parts) > 3 and file.parts[2] == name)


def test_the_layers_hold() -> None:
    checked = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_program_has_its_place() -> None:
    """A new top folder is a decision: it is named in design, here, and in `.importlinter` where it is a layer."""
    assert {file.parts[0] for file in files() if file.suffix == ".py"} <= set(OURS)


def test_drivers_are_imported_by_the_chassis_alone() -> None:
    others = [file for file in python(*OURS) if file.parts[0] not in ("chassis", "deploy", "tests", "benchmarks")]
    assert {str(file): found for file in others if (found := packages(file) & CHASSIS_ALONE)} == {}


def test_contracts_know_pydantic_and_the_standard_library() -> None:
    allowed = STANDARD | {"contracts", "pydantic", "pydantic_core"}
    assert {str(file): found for file in python("contracts") if (found := packages(file) - allowed)} == {}


def test_the_law_knows_data_and_calendars() -> None:
    allowed = STANDARD | {"law", "pydantic", "pydantic_core", "yaml", "holidays"}
    assert {str(file): found for file in python("law") if (found := packages(file) - allowed)} == {}


def test_domains_know_no_library_no_clock_and_no_chance() -> None:
    """A message is a contracts' model, so a domain never needs pydantic itself."""
    allowed = STANDARD - {"time", "random", "secrets", "os"} | {"contracts", "law", "services"}
    assert {str(file): found for file in part("domain") if (found := packages(file) - allowed)} == {}


def test_projections_know_no_driver() -> None:
    """The shapes they answer with are pydantic models."""
    allowed = STANDARD | {"contracts", "law", "services", "pydantic"}
    assert {str(file): found for file in part("projections") if (found := packages(file) - allowed)} == {}


@pytest.mark.parametrize("inner", ["domain", "projections"])
def test_domains_and_projections_look_no_further_up_than_their_own_domain(inner: str) -> None:
    wrong = {
        str(file): strange
        for file in part(inner)
        if (
            strange := {
                name
                for name in imports(file)
                if name.startswith("services.")
                and name.split(".")[:3]
                not in (["services", file.parts[1], "domain"], ["services", file.parts[1], inner])
            }
        )
    }
    assert wrong == {}


def test_only_mains_start() -> None:
    starting = [file for file in python("services") if "chassis.run" in imports(file)]
    assert all(file.name == "__main__.py" for file in starting)


@pytest.mark.parametrize("service", SERVICES)
def test_a_bootstrap_imports_neither_server_nor_broker_until_its_role_is_known(service: str) -> None:
    program = (
        f"import sys, services.{service}.bootstrap\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'nameko', 'eventlet', 'kafka'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize("service", SERVICES)
def test_the_http_process_of_a_service_loads_its_routes(service: str) -> None:
    program = (
        f"import services.{service}.service as s\n"
        "print(*(t.name for t in vars(s).values() if isinstance(t, type) and hasattr(t, 'routes')))"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout.split() == [service]
