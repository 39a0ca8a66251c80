"""Writes that cross, repeat or lie; and what the gauges say of all of it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.enforcement.conftest import Demand, ShopOf, letter
from tests.integration.enforcement.doors import Company, Doors, refused
from tests.integration.enforcement.test_orders import execution
from tests.support.waiting import wait_until


@pytest.mark.fault("F58")
def test_who_comes_second_hears_the_version_that_stands(doors: Doors, demand: Demand) -> None:
    doors.do(f"{demand.path}/withdrawal", {"reason": "Nhầm (mẫu)"}, If_Match='"1"')
    second = doors.post(f"{demand.path}/withdrawal", {"reason": "Cũng thế (mẫu)"}, If_Match='"1"')
    assert refused(second) == (409, "stale-version")
    problem = second.json()
    assert (problem["stream_id"], problem["expected_version"], problem["current_version"]) == (demand.order_id, 1, 2)
    assert doors.history(demand.order_id) == ["contract-termination-demanded", "order-withdrawn"]


def test_a_company_that_read_an_older_version_hears_so(doors: Doors, demand: Demand) -> None:
    doors.do(f"{demand.path}/acknowledgement", who=demand.addressee.key)
    stale = doors.post(f"{demand.path}/execution", execution(), demand.addressee.key, If_Match='"1"')
    assert refused(stale) == (409, "stale-version")
    assert stale.json()["current_version"] == 2
    doors.do(f"{demand.path}/execution", execution(), demand.addressee.key, If_Match='"2"')


@pytest.mark.fault("F59")
def test_a_letter_sent_twice_under_one_key_is_one_letter(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop, key = shop_of(isp), str(uuid4())
    body = letter(shop.case_id)
    first = doors.post("/termination-rounds", body, Idempotency_Key=key)
    again = doors.post("/termination-rounds", body, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(doors.events("enforcement.contract-termination-demanded", agent_id=shop.agent_id)) == 1


def test_a_key_names_one_request(doors: Doors, isp: Company, shop_of: ShopOf) -> None:
    shop, key = shop_of(isp), str(uuid4())
    body = letter(shop.case_id)
    doors.do("/termination-rounds", body, Idempotency_Key=key)
    other = doors.post("/termination-rounds", body | {"letter_number": "126/STTTT-TTr"}, Idempotency_Key=key)
    assert refused(other) == (409, "command-id-reused")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"case_ids": []}, "invalid"),
        ({"report_back_at": "2027-01-01T10:00:00"}, "invalid"),  # in which time zone?
        ({"letter_number": "a\u0007"}, "forbidden-character"),
        ({"targets": []}, "unknown-field"),
        ({"reason": None}, "wrong-type"),
    ],
)
def test_what_cannot_be_a_letter_is_refused_with_its_place(doors: Doors, changed: dict[str, Any], code: str) -> None:
    answer = doors.post("/termination-rounds", letter(uuid4()) | changed)
    assert refused(answer) == (422, code)
    assert answer.json()["errors"][0]["place"].startswith(next(iter(changed)))


def test_the_gauges_show_what_stands(doors: Doors, demand: Demand) -> None:
    def stands(kind: str, state: str) -> int:
        sql = "select count(*) from read.order_file where kind = %s and state = %s"
        return int(doors.query(sql, (kind, state))[0][0])

    def shown() -> bool:
        open_cases = doors.query("select count(*) from read.case_file where state = 'open'")[0][0]
        overdue = doors.query("select count(*) from read.order_file where overdue and state = 'open'")[0][0]
        return bool(
            doors.metric("phoihop_cases", state="open") == open_cases
            and doors.metric("phoihop_orders_overdue", kind="contract-termination") == overdue
            and all(
                doors.metric("phoihop_orders", kind="contract-termination", state=state)
                == stands("contract-termination", state)
                for state in ("open", "executed", "withdrawn")
            )
        )

    assert stands("contract-termination", "open") > 0
    wait_until(shown, 20, "the gauges show what stands", every_s=0.2)
    assert doors.metric("phoihop_case_oldest_active_age_seconds") > 0


def test_what_became_of_orders_and_how_long_cases_took_is_counted(doors: Doors, demand: Demand) -> None:
    def counted() -> tuple[float, float]:
        withdrawn = doors.metric("phoihop_order_outcomes_total", outcome="withdrawn")
        return withdrawn, doors.metric("phoihop_case_duration_seconds_count")

    withdrawn, closed = counted()
    assert min(withdrawn, closed) >= 0, "shown from the start"
    doors.do(f"{demand.path}/withdrawal", {"reason": "Nhầm (mẫu)"}, If_Match='"1"')
    wait_until(lambda: counted() == (withdrawn + 1, closed + 1), 20, "the withdrawal and the end of its case")
