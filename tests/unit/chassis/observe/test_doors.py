"""The health doors of a `work` process, over real HTTP."""

from collections.abc import Iterator

import pytest
import requests

from chassis.observe.doors import Check, Doors
from chassis.observe.metrics import Exposition
from chassis.settings import CannotStart


def broken() -> str | None:
    raise RuntimeError("password=canary")


class Condition:
    wrong: str | None = None


@pytest.fixture
def condition() -> Condition:
    return Condition()


@pytest.fixture
def doors(condition: Condition) -> Iterator[Doors]:
    opened = Doors(Exposition("toy", "work"), [Check("disk", lambda: condition.wrong)], "127.0.0.1", 0)
    opened.start()
    yield opened
    opened.stop()


def get(doors: Doors, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{doors.port}{path}", timeout=5)


def test_live_and_ready_and_metrics_answer(doors: Doors) -> None:
    assert get(doors, "/health/live").json() == {"status": "live"}
    assert get(doors, "/health/ready").json() == {"status": "ready", "checks": [{"name": "disk", "ok": True}]}
    assert 'phoihop_unsequenced_events{service="toy"}' in get(doors, "/metrics").text


def test_not_ready_as_soon_as_a_check_says_what_is_wrong(doors: Doors, condition: Condition) -> None:
    condition.wrong = "fsync is off"
    answer = get(doors, "/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == [{"name": "disk", "ok": False, "detail": "fsync is off"}]
    assert get(doors, "/health/live").status_code == 200
    condition.wrong = None
    assert get(doors, "/health/ready").status_code == 200


def test_a_check_that_breaks_is_not_ready_and_tells_no_secrets() -> None:
    opened = Doors(Exposition("toy", "work"), [Check("disk", broken)], "127.0.0.1", 0)
    opened.start()
    try:
        answer = get(opened, "/health/ready")
    finally:
        opened.stop()
    assert answer.status_code == 503
    assert "canary" not in answer.text
    assert "RuntimeError" in answer.text


def test_another_address_is_no_door(doors: Doors) -> None:
    assert get(doors, "/").status_code == 404


def test_a_taken_port_is_named(doors: Doors) -> None:
    with pytest.raises(CannotStart, match=f"port {doors.port}"):
        Doors(Exposition("toy", "work"), [], "127.0.0.1", doors.port)
