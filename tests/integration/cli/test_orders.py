"""Orders that nobody settled, with the company to call; and any door read without a token of one's own."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local.stack.servers import Servers
from tests.integration.cli.conftest import Phoihop, give, pointed_at
from tests.integration.reporting import bus, province
from tests.support.running_service import running
from tests.support.stack_fixture import Databases

MORE = [province.uid(f"late/{number}") for number in range(60)]
"""Overdue too: more than a page."""
LATE = {str(order) for order in (province.OVERDUE, province.OBJECTED, *MORE)}


@pytest.fixture(scope="module")
def phoihop(servers: Servers, databases: Databases) -> Iterator[Phoihop]:
    """Pointed at an enforcement and a register that know the small province."""
    facts = bus.messages()
    for order in MORE:
        for version, event in enumerate((province.demanded(order), province.overdue(order)), 1):
            facts.append(bus.message("enforcement", order, version, event, len(facts)))
    doors = {}
    with ExitStack() as stack:
        for service in ("enforcement", "registry"):
            database = databases.fresh(service)
            stack.callback(databases.drop, database)
            stack.enter_context(running(servers, service, database, roles=("http",)))
            give(service, database, facts)
            doors[f"PHOIHOP_URL_{service.upper()}"] = f"http://127.0.0.1:{servers.ports.http[service]}"
        yield Phoihop(pointed_at(servers, database).environment | doors)


def test_overdue_orders_are_those_whose_report_back_has_passed(phoihop: Phoihop) -> None:
    told = phoihop.told("orders", "--overdue")
    assert {order["order_id"] for order in told} == LATE
    assert len(told) == len(LATE)
    assert all(order["overdue"] for order in told)


def test_without_a_wish_every_unsettled_order_is_told_the_earliest_first(phoihop: Phoihop) -> None:
    told = phoihop.told("orders")
    assert {order["order_id"] for order in told} > LATE
    assert {order["state"] for order in told} <= {"open", "acknowledged", "objected"}
    assert [order["report_back_at"] for order in told] == sorted(order["report_back_at"] for order in told)


def test_an_officer_reads_whom_to_call(phoihop: Phoihop) -> None:
    said = phoihop.process("orders", "--overdue", COLUMNS="250")
    assert (said.code, said.err) == (0, "")
    (line,) = [line for line in said.out.splitlines() if str(province.OVERDUE) in line]
    (name,) = {order["company"] for order in phoihop.told("orders", "--overdue")}
    assert name in line
    assert "contract-termination" in line


def test_without_the_register_companies_are_told_by_their_ids(phoihop: Phoihop) -> None:
    said = phoihop("orders", "--overdue", "--json", PHOIHOP_URL_REGISTRY="http://127.0.0.1:1")
    assert (said.code, said.err) == (0, "the register cannot be reached: companies are shown by their ids\n")
    told = json.loads(said.out)
    assert {order["order_id"] for order in told} == LATE
    assert {order["company"] for order in told} == {None}


def test_the_token_of_a_foreign_issuer_is_shown_as_it_is(phoihop: Phoihop, tmp_path: Path) -> None:
    token = phoihop.told("token", "--agency", "dic", "--role", "reader")["token"]
    nothing = {"PHOIHOP_SECRETS": str(tmp_path)}
    without = phoihop("orders", "--overdue", **nothing)
    assert (without.code, "jwt-issuer.pem cannot be read" in without.err) == (3, True)
    assert phoihop("orders", "--overdue", PHOIHOP_TOKEN=token, **nothing).code == 0


def test_nobody_answers(phoihop: Phoihop) -> None:
    said = phoihop("orders", "--overdue", PHOIHOP_URL_ENFORCEMENT="http://127.0.0.1:1")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("cannot reach the system: ")


def test_a_door_is_read_as_it_answers(phoihop: Phoihop) -> None:
    page = phoihop.told("read", f"/enforcement/v1/orders?state=overdue&addressee_id={province.ISP}&limit=2")
    assert {order["order_id"] for order in page["items"]} < LATE
    assert len(page["items"]) == 2
    assert page["next_cursor"]


def test_a_door_that_refuses_says_why_in_one_line(phoihop: Phoihop) -> None:
    for path in (f"/enforcement/v1/orders/{province.CASE}", "/enforcement/v1/nosuch"):
        said = phoihop("read", path)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1), path
