"""notify over HTTP, both processes up: a company registers, proves its address, reads its log, sees nobody else's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from chassis.consume.message import Received
from chassis.identity.api_keys import new_key
from contracts.envelope import Envelope, Metadata
from contracts.events.registry import ApiKeyIssued
from services.notify.deliveries import probes
from services.notify.domain.refusals import SenderBusy
from tests.conformance.sender.endpoint_server import EndpointServer, serving
from tests.integration.notify.conftest import (
    Notify,
    demanded,
    endpoint_of,
    prepare,
    service_on,
    withdrawn,
)
from tests.integration.notify.processes import PEPPER, Doors, Processes
from tests.support.stack_fixture import Databases
from tests.support.waiting import wait_until


@dataclass
class House:
    """One notify with both processes up, for the tests of this module."""

    notify: Notify
    processes: Processes
    port: int
    work_port: int

    def company(self, provider_id: UUID) -> Doors:
        key = new_key(PEPPER.encode(), uuid4())
        event = ApiKeyIssued(key_id=key.key_id, provider_id=provider_id, verifier=key.verifier)
        now = datetime.now(UTC)
        meta = Metadata(actor="officer:dic:an", correlation_id=uuid4(), causation_id=uuid4())
        envelope = Envelope(
            "registry", uuid4(), event.message_type, 1, provider_id, 2, "hai-duong", now, now, 1, 1, 0,
            meta.model_dump_json().encode(), event.model_dump_json().encode(),
        )  # fmt: skip
        self.notify.hand_over(Received(envelope, event, "registry.events.v1", 0, 0))
        return Doors(self.port, key.text)

    def officer(self) -> Doors:
        return Doors(self.port, self.processes.token())


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    database = databases.copy_of("notify_service", prepare, "notify")
    processes = Processes(database, tmp_path_factory.mktemp("notify"))
    service = service_on(database)
    try:
        http, work = processes.start("http"), processes.start("work")
        yield House(service, processes, http.port, work.port)
    finally:
        processes.end()
        service.pool.close()
        databases.drop(database)


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with serving({"/hook": lambda connection: connection.answer(200)}) as endpoint:
        yield endpoint


def test_a_company_registers_proves_its_address_and_receives(house: House, server: EndpointServer, isp: UUID) -> None:
    doors = house.company(isp)
    registered = doors.post("/endpoints", {"provider_id": str(isp), "url": server.url("/hook")}, key="first")
    assert registered.status_code == 201, registered.text
    shown = registered.json()
    assert shown["endpoint_id"] == str(endpoint_of(isp))
    assert shown["state"] == "unverified"
    assert shown["secret"].startswith("whsec_")
    assert shown["public_key"].startswith("whpk_")

    verified = doors.post(f"/endpoints/{shown['endpoint_id']}/verification")
    assert (verified.status_code, verified.json()["state"]) == (200, "active"), verified.text
    (test_message,) = server.posts_to("/hook")
    body = Webhook(shown["secret"]).verify(test_message.body, test_message.headers)
    assert body["type"] == "notify.endpoint-test"

    house.notify.settle()
    order = uuid4()
    house.notify.hand_over(demanded(isp, order), withdrawn(isp, order))
    wait_until(lambda: len(server.posts_to("/hook")) == 3, 10, "both messages arrive")
    listed = wait_until(
        lambda: [d for d in doors.get("/deliveries", state="delivered").json()["items"] if d["order_id"] == str(order)],
        10,
        "they stand in the log",
    )
    assert listed[-1]["log"][0]["status"] == 200
    (endpoint,) = doors.get("/endpoints").json()["items"]
    assert (endpoint["state"], endpoint["public_key"]) == ("active", shown["public_key"])


def test_the_secret_is_shown_to_the_same_command_only(house: House, server: EndpointServer, isp: UUID) -> None:
    doors = house.company(isp)
    body = {"provider_id": str(isp), "url": server.url("/hook")}
    first = doors.post("/endpoints", body, key="one")
    again = doors.post("/endpoints", body, key="one")
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    house.notify.settle()
    listed = doors.get("/endpoints")
    assert first.json()["secret"] not in listed.text
    other = doors.post("/endpoints", body, key="two")
    assert (other.status_code, other.json()["code"]) == (409, "endpoint-unchanged")
    secrets = house.notify.rows("select sealed from endpoint_secret")
    events = house.notify.rows("select data::text, metadata::text from event")
    kept = b"".join(sealed for (sealed,) in secrets) + json.dumps(events).encode()
    secret = first.json()["secret"].removeprefix("whsec_")
    assert secret.encode() not in kept


def test_a_rotation_shows_a_new_secret_and_three_are_enough(house: House, server: EndpointServer, isp: UUID) -> None:
    doors = house.company(isp)
    endpoint = doors.post("/endpoints", {"provider_id": str(isp), "url": server.url("/hook")}).json()
    path = f"/endpoints/{endpoint['endpoint_id']}/secret-rotation"
    second, third, fourth = doors.post(path), doors.post(path), doors.post(path)
    assert (second.status_code, third.status_code) == (201, 201)
    assert len({endpoint["secret"], second.json()["secret"], third.json()["secret"]}) == 3
    assert (fourth.status_code, fourth.json()["code"]) == (409, "too-many-secrets")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/", "address-refused"),
        ("https://169.254.169.254/latest/meta-data/", "address-refused"),
        ("https://[64:ff9b::a9fe:a9fe]/", "address-refused"),
        ("https://user:secret@example.vn/", "address-refused"),
        ("http://93.184.215.14/", "address-refused"),
        ("https://no-such-name.invalid/", "name-not-found"),
        ("ftp://example.vn/", "invalid"),
    ],
)
def test_an_address_is_checked_before_it_is_saved(house: House, isp: UUID, url: str, code: str) -> None:
    answer = house.company(isp).post("/endpoints", {"provider_id": str(isp), "url": url})
    found = answer.json()["code"]
    if code == "name-not-found" and found == "sender-busy":
        assert "cannot be looked up now" in answer.json()["detail"]  # no name server in reach of this machine
        return
    assert (answer.status_code, found) == (422, code)


def test_an_address_that_does_not_accept_stays_unverified(house: House, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/closed"] = lambda connection: connection.answer(403, body=b"not you")
    doors = house.company(isp)
    endpoint = doors.post("/endpoints", {"provider_id": str(isp), "url": server.url("/closed")}).json()
    answer = doors.post(f"/endpoints/{endpoint['endpoint_id']}/verification")
    assert (answer.status_code, answer.json()["code"]) == (502, "endpoint-did-not-answer")
    assert (answer.json()["endpoint_status"], answer.json()["endpoint_answer"]) == (403, "not you")


def test_a_company_neither_sees_nor_moves_what_is_anothers(house: House, server: EndpointServer, isp: UUID) -> None:
    stranger_id = uuid4()
    own, stranger = house.company(isp), house.company(stranger_id)
    endpoint = own.post("/endpoints", {"provider_id": str(isp), "url": server.url("/hook")}).json()
    house.notify.settle()
    house.notify.hand_over(demanded(isp, uuid4()))
    foreign, absent = endpoint["endpoint_id"], str(uuid4())
    for step, body in {
        "verification": {},
        "secret-rotation": {},
        "suspension": {"reason": "x"},
        "resumption": {},
    }.items():
        answers = [stranger.post(f"/endpoints/{target}/{step}", body) for target in (foreign, absent)]
        assert [answer.status_code for answer in answers] == [404, 404]
        codes = [{**answer.json(), "instance": "", "correlation_id": ""} for answer in answers]
        assert codes[0] == codes[1], "foreign looks like absent"
    named = stranger.post("/endpoints", {"provider_id": str(isp), "url": server.url("/other")})
    assert named.status_code == 404
    assert server.received == []
    assert stranger.get("/endpoints").json()["items"] == []
    assert stranger.get("/endpoints", provider_id=str(isp)).json()["items"] == []
    assert stranger.get("/deliveries").json()["items"] == []
    assert stranger.get("/deliveries", endpoint_id=foreign).json()["items"] == []
    assert len(house.officer().get("/deliveries", endpoint_id=foreign).json()["items"]) == 1


def test_an_officer_suspends_and_a_company_resumes(house: House, server: EndpointServer, isp: UUID) -> None:
    own = house.company(isp)
    endpoint = own.post("/endpoints", {"provider_id": str(isp), "url": server.url("/hook")}).json()
    path = f"/endpoints/{endpoint['endpoint_id']}"
    own.post(f"{path}/verification")
    suspended = house.officer().post(f"{path}/suspension", {"reason": "Địa chỉ sai."})
    assert (suspended.status_code, suspended.json()["state"]) == (200, "suspended")
    twice = own.post(f"{path}/suspension", {"reason": "Địa chỉ sai."})
    assert (twice.status_code, twice.json()["code"]) == (409, "endpoint-is-suspended")
    house.notify.settle()
    order = uuid4()
    house.notify.hand_over(demanded(isp, order))
    (held,) = own.get("/deliveries", order_id=str(order)).json()["items"]
    assert (held["state"], held["next_attempt_at"]) == ("held", None)
    assert own.post(f"{path}/resumption").json()["state"] == "active"
    again = own.post(f"{path}/resumption")
    assert (again.status_code, again.json()["code"]) == (409, "endpoint-is-not-suspended")


def test_the_log_is_read_page_by_page(house: House, isp: UUID) -> None:
    own = house.company(isp)
    orders = [uuid4() for _ in range(5)]
    house.notify.hand_over(*(demanded(isp, order) for order in orders))
    seen, cursor = [], None
    while True:
        page = own.get("/deliveries", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [delivery["order_id"] for delivery in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(order) for order in reversed(orders)]


def test_nobody_enters_without_saying_who(house: House) -> None:
    for doors in (Doors(house.port, "phk_00000000_" + "0" * 49), Doors(house.port, "x")):
        assert doors.get("/deliveries").status_code == 401


def test_the_metrics_of_webhooks_are_there_from_the_start(house: House) -> None:
    text = requests.get(f"http://127.0.0.1:{house.work_port}/metrics", timeout=10).text
    for outcome in ("delivered", "retried", "escalated", "rejected"):
        assert f'phoihop_webhook_deliveries_total{{outcome="{outcome}",service="notify"}}' in text
    for gauge in ("pending", "oldest_pending_age_seconds", "endpoints_disabled"):
        assert f"phoihop_webhook_{gauge}" in text


def test_without_a_worker_the_answer_is_a_clear_not_now(
    databases: Databases, tmp_path: Path, server: EndpointServer, isp: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = databases.copy_of("notify_service", prepare, "notify")
    service = service_on(database)
    monkeypatch.setattr(probes, "PATIENCE_S", 0.2)
    with pytest.raises(SenderBusy, match="No worker looked at it"):
        probes.check_address(service.pool, server.url("/hook"))
    assert service.rows("select count(*) from probe") == [(0,)], "the question is taken back"
    service.pool.close()
    databases.drop(database)
