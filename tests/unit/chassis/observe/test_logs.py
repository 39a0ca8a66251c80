"""Logs as a program reads them."""

import json
import logging
import subprocess
import sys
from uuid import UUID

import pytest

from chassis.observe.logs import HIDDEN, Seldom, hide_secrets

PROGRAM = """
import logging, structlog
from chassis.observe import logs
logs.configure("registry", "http")
logs.bind(correlation_id="{correlation}", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
structlog.get_logger("ours").info("Đã nhận", authorization="Bearer phk_x", nested={{"api_key": "phk_x", "n": 1}})
logging.getLogger("theirs").warning("to %s", "you")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").error("broke", exc_info=True)
logs.clear()
structlog.get_logger("ours").info("later")
structlog.get_logger("ours").debug("not said")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    program = PROGRAM.format(correlation=UUID(int=7))
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_each_line_says_who_and_when(lines: list[dict[str, object]]) -> None:
    assert [line["event"] for line in lines] == ["Đã nhận", "to you", "broke", "later"]
    for line in lines:
        assert line["service"] == "registry"
        assert line["process"] == "http"
        assert line["level"]
        assert line["timestamp"]


def test_ids_hold_until_they_are_cleared_for_other_loggers_too(lines: list[dict[str, object]]) -> None:
    for line in lines[:3]:
        assert line["correlation_id"] == str(UUID(int=7))
        assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert "correlation_id" not in lines[3]


def test_secrets_do_not_reach_the_log(lines: list[dict[str, object]]) -> None:
    assert lines[0]["authorization"] == HIDDEN
    assert lines[0]["nested"] == {"api_key": HIDDEN, "n": 1}
    assert hide_secrets(None, "", {"KAFKA_PASSWORD": "x", "port": 1}) == {"KAFKA_PASSWORD": HIDDEN, "port": 1}


def test_a_traceback_stays_in_its_line(lines: list[dict[str, object]]) -> None:
    assert "ZeroDivisionError" in str(lines[2]["exception"])


def test_what_a_library_repeats_is_said_now_and_then_and_counted() -> None:
    now = 100.0
    seldom = Seldom("kafka", every_s=10, clock=lambda: now)

    def say(logger: str, sentence: str, *filled: object) -> logging.LogRecord | None:
        record = logging.LogRecord(logger, logging.ERROR, __file__, 1, sentence, filled, None)
        return record if seldom.filter(record) else None

    assert say("kafka.net", "lost %s", 1)
    assert [say("kafka.net", "lost %s", port) for port in range(30)] == [None] * 30
    assert say("kafka.net", "something else")
    assert say("services", "lost %s", 1)
    assert say("services", "lost %s", 1)
    now += 10
    again = say("kafka.net", "lost %s", 1)
    assert again is not None
    assert again.__dict__["left_out"] == 30
