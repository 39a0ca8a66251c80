"""What an operator reads at night is complete: every setting, every secret, chapters that hold their commands."""

import re
from pathlib import Path
from typing import get_args

import pytest

from chassis.settings import SecretName, Settings
from tests.architecture.tracked import text
from tests.docs.reading import blocks_of

OPERATIONS = Path("docs/operations.md")
GIVEN_TO_A_SERVICE = {"service"}
BY_SERVICE = {"database_url": "DATABASE_URL_<SERVICE>", "database_owner_url": "DATABASE_OWNER_URL_<SERVICE>"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the one table below a heading, without its head."""
    chapter = text(OPERATIONS).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in chapter.splitlines() if line[:1] == "|"]
    return table[2:]


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows("Configuration")}
    wanted = {}
    for name, field in Settings.model_fields.items():
        if name not in GIVEN_TO_A_SERVICE:
            default = field.default
            if isinstance(default, tuple):
                default = f"{len(default)} numbers" if default else ""
            wanted[BY_SERVICE.get(name) or str(field.alias)] = "" if default is None else str(default)
    assert told == wanted


def test_every_secret_has_a_way_to_be_rotated() -> None:
    told = {name for cells in rows("Secrets") for name in re.findall(r"`([^`]+)`", cells[0])}
    assert told == set(get_args(SecretName))
    assert all(cells[2] for cells in rows("Secrets"))


@pytest.mark.parametrize(
    "heading", ["Is it well?", "Start and stop", "Back up and restore", "Kafka is lost", "A database is lost"]
)
def test_a_chapter_for_the_night_has_commands_to_type(heading: str) -> None:
    assert blocks_of(OPERATIONS, heading)


def test_the_newest_schema_of_grafana_that_was_checked_is_named() -> None:
    assert re.search(r"`@grafana/schema` \d+\.\d+\.\d+", text(OPERATIONS))
