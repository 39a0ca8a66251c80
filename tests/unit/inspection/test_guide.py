"""The guide for agencies says what the code does: its examples are commands, its codes are all there are."""

import json
import re
from pathlib import Path

from contracts.envelope import Command
from contracts.refusals import Refusal
from contracts.topics import AGENCIES_ON_THE_BUS, agency_user, commands_topic, replies_topic
from services.inspection.bootstrap import OVER_THE_BUS
from services.inspection.domain import errors

GUIDE = (Path(__file__).parents[3] / "docs" / "guide-for-agencies.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^`(inspection\.[a-z-]+)`:\n\n```json\n(.*?)```", re.MULTILINE | re.DOTALL)


def test_each_example_of_the_guide_is_a_command_that_is_taken() -> None:
    taken: dict[str, type[Command]] = {kind.message_type: kind for kind in OVER_THE_BUS}
    examples = dict(EXAMPLE.findall(GUIDE))
    assert set(examples) | {"inspection.approve-programme"} == set(taken)
    for kind, text in examples.items():
        taken[kind].model_validate_json(text, strict=True)


def test_every_json_of_the_guide_can_be_read() -> None:
    found = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert {"accepted", "refused"} <= {json.loads(text).get("status") for text in found}


def test_the_guide_names_every_code_of_this_service() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    ours = {kind.code for kind in kinds if kind.__module__ == errors.__name__}
    assert {code for code in ours if f"`{code}`" not in GUIDE} == set()


def test_the_guide_names_the_topics_and_users_there_are() -> None:
    for agency in AGENCIES_ON_THE_BUS["inspection"]:
        for name in (agency_user(agency), commands_topic("inspection", agency), replies_topic("inspection", agency)):
            assert name in GUIDE
