"""One running enforcement for these tests; each test makes its own companies, shops and cases.

doors      package     Doors: HTTP, the bus, and a look behind
isp        function    an ISP with an API key
telecom    function    a telecom company with an API key
demand     function    Demand: one shop with one contract of `isp`, its case, and the open order to end it
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events.registry import AgencyContractSigned
from tests.integration.enforcement import facts
from tests.integration.enforcement.doors import Company, Doors, ahead, running_enforcement
from tests.support.stack_fixture import Databases
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Shop:
    """An agent in the register, with a case."""

    agent_id: UUID
    case_id: UUID
    contracts: tuple[AgencyContractSigned, ...]


@dataclass(frozen=True)
class Demand:
    shop: Shop
    order_id: str
    addressee: Company

    @property
    def path(self) -> str:
        return f"/orders/{self.order_id}"


@pytest.fixture(scope="package")
def doors(servers: Any, databases: Databases) -> Iterator[Doors]:
    with running_enforcement(servers, databases) as running:
        yield running


@pytest.fixture
def isp(doors: Doors) -> Company:
    return doors.company("isp")


@pytest.fixture
def telecom(doors: Doors) -> Company:
    return doors.company("telecom")


ShopOf = Callable[..., Shop]


@pytest.fixture
def shop_of(doors: Doors) -> ShopOf:
    """A shop with one signed contract for each company, and a case; keywords go to the violation."""

    def make(*companies: Company, **found: Any) -> Shop:
        agent_id = uuid4()
        contracts = tuple(facts.signed(agent_id, company.provider_id) for company in companies)
        doors.registered(agent_id, facts.registered(agent_id), *contracts)
        return Shop(agent_id, doors.case(facts.violation(agent_id, **found)), contracts)

    return make


@pytest.fixture
def demand(doors: Doors, isp: Company, shop_of: ShopOf) -> Demand:
    shop = shop_of(isp)
    answer, after = doors.do("/termination-rounds", letter(shop.case_id))
    (order,) = answer["orders"]
    wait_until(lambda: doors.get(f"/orders/{order['order_id']}", after=after).ok, 20, "the order can be seen")
    return Demand(shop, order["order_id"], isp)


def letter(*case_ids: UUID, **given: Any) -> dict[str, Any]:
    """The body of a termination round."""
    body: dict[str, Any] = {
        "letter_number": "125/STTTT-TTr",
        "report_back_at": ahead(days=10),
        "reason": "Đại lý hoạt động không có hợp đồng (mẫu)",
        "case_ids": [str(one) for one in case_ids],
    }
    return body | given
