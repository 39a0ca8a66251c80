"""A message set aside: found, shown, replayed by the running consumer, or given up, with who and why."""

import getpass
import json
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from chassis.consume import parked
from chassis.consume.broker import Partition, StoredRecord
from chassis.consume.order import Stamp
from chassis.consume.parked import SetAside
from chassis.consume.reading import Item
from chassis.postgres.pool import Pool
from contracts.commands.registry import RegisterAgent, SignAgencyContract
from contracts.events.enforcement import OrderExecuted
from services.registry.domain import natural_keys
from tests.integration.cli.conftest import Quiet, Register
from tests.support.waiting import wait_until

STREAM = uuid4()
CONSUMER = "registry.executions"


@pytest.fixture
def waiting(quiet: Quiet) -> Quiet:
    """Two messages of one stream: a first cause, and one behind it."""
    pool = Pool(quiet.database.dsn, 1, application_name="cli test")
    with pool.transaction() as cursor:
        parked.put(
            cursor,
            CONSUMER,
            {"enforcement.events.v1": "a-topic-id"},
            [
                SetAside(message(7), True, "refused", "There is no such contract: [đường truyền]"),
                SetAside(message(8), False, parked.BEHIND, "behind 7"),
            ],
        )
    pool.close()
    return quiet


def message(offset: int) -> Item:
    headers = [("ce_type", b"enforcement.order-executed"), ("ce_id", str(uuid4()).encode())]
    record = StoredRecord(offset, str(STREAM).encode(), '{"evidence":"Biên bản [mẫu]"}'.encode(), headers)
    return Item(Partition("enforcement.events.v1", 3), record, Stamp(1, offset, offset - 1), str(STREAM), offset)


def acts(quiet: Quiet) -> list[tuple[str, str, str]]:
    return [(actor, act, why) for actor, act, why in quiet.rows("select actor, act, reason from consumer_act")]


def test_what_waits_is_listed_and_shown(waiting: Quiet) -> None:
    first, behind = waiting.phoihop.told("parked", "list", "registry")
    assert (first["first_cause"], first["reason"], first["stream"]) == (True, "refused", str(STREAM))
    assert (behind["reason"], behind["position"], behind["state"]) == ("behind", 8, "parked")
    table = waiting.phoihop.process("parked", "list", "registry").out
    assert table.count("enforcement.order-executed") == 2
    assert str(STREAM) in table
    shown = waiting.phoihop.told("parked", "show", "registry", first["no"])
    assert json.loads(shown["value"]) == {"evidence": "Biên bản [mẫu]"}
    assert shown["headers"]["ce_type"] == "enforcement.order-executed"
    assert shown["detail"] == "There is no such contract: [đường truyền]"
    assert "[đường truyền]" in waiting.phoihop.process("parked", "show", "registry", first["no"]).out


def test_nothing_waits_in_peace(quiet: Quiet) -> None:
    assert quiet.phoihop("parked", "list").out == "Nothing is parked.\n"
    assert quiet.phoihop.told("parked", "list") == []


def test_a_discarded_message_is_gone_for_good_and_written_down(waiting: Quiet) -> None:
    number, _ = (one["no"] for one in waiting.phoihop.told("parked", "list", "registry"))
    why = "tin nhắn thử (mẫu)"
    said = waiting.phoihop.process("parked", "discard", "registry", number, "--reason", why)
    assert said.out == f"Message {number} of registry is discarded.\n"
    assert [one["state"] for one in waiting.phoihop.told("parked", "list", "registry")] == ["parked"]
    everything = waiting.phoihop.told("parked", "list", "registry", "--decided")
    assert [one["state"] for one in everything] == ["discarded", "parked"]
    again = waiting.phoihop("parked", "retry", "registry", number, "--reason", why)
    assert (again.code, again.out) == (1, "")
    assert "was discarded already" in again.err
    assert acts(waiting) == [(getpass.getuser(), "discard", why)]


def test_retry_marks_the_whole_stream(waiting: Quiet) -> None:
    number = waiting.phoihop.told("parked", "list", "registry")[0]["no"]
    said = waiting.phoihop.process("parked", "retry", "registry", number, "--reason", "mended")
    assert said.out == "2 message(s) will be replayed by the consumer.\n"
    assert [one["state"] for one in waiting.phoihop.told("parked", "list", "registry")] == ["retry", "retry"]
    assert acts(waiting) == [(getpass.getuser(), "retry", "mended")]


@pytest.mark.parametrize("act", ["show", "retry", "discard"])
def test_a_number_nobody_has(quiet: Quiet, act: str) -> None:
    reason = () if act == "show" else ("--reason", "x")
    said = quiet.phoihop("parked", act, "registry", 999, *reason)
    assert (said.code, said.out) == (1, "")
    assert "no parked message has the number 999" in said.err


def test_what_was_parked_for_a_cause_takes_effect_once_the_cause_is_mended(register: Register) -> None:
    """An order about a contract that the register does not know yet."""
    (provider_id,) = register.companies(1)
    certificate = uuid4().hex
    agent_id = natural_keys.agent_id("hai-duong", certificate, "", "", "")
    order = execution(agent_id, provider_id, natural_keys.contract_id(provider_id, "01/HĐ"))
    register.enforcement.publish(order.order_id, order)

    def number() -> int:
        rows = register.phoihop.told("parked", "list", "registry")
        return next((row["no"] for row in rows if row["stream"] == str(order.order_id)), 0)

    found = wait_until(number, 20, "the message is parked", every_s=0.2)
    register.execute(
        RegisterAgent(
            name="Đại lý Minh Anh",
            owner_name="Nguyễn Văn Minh",
            holder_kind="household",
            address="12 phố Thanh Lâm",
            area="nam-sach",
            business_certificate_number=certificate,
        )
    )
    signed = SignAgencyContract(agent_id=agent_id, provider_id=provider_id, number="01/HĐ", signed_on=date(2026, 10, 1))
    register.execute(signed)
    assert register.phoihop("parked", "retry", "registry", found, "--reason", "the contract is entered now").code == 0
    ended = "select count(*) from event where type = 'registry.contract-terminated' and data->>'order_id' = %s"
    wait_until(lambda: register.rows(ended, (str(order.order_id),)) == [(1,)], 20, "the contract has ended")
    shown = register.phoihop.told("parked", "show", "registry", found)
    assert (shown["state"], shown["attempts"] >= 1) == ("replayed", True)


def execution(agent_id: UUID, provider_id: UUID, contract_id: UUID) -> OrderExecuted:
    return OrderExecuted(
        order_id=uuid4(),
        case_id=uuid4(),
        kind="contract-termination",
        addressee_id=provider_id,
        agent_id=agent_id,
        contract_id=contract_id,
        line_id=None,
        outcome="executed",
        executed_on=datetime.now(UTC).date(),
        evidence="Biên bản thanh lý (mẫu)",
    )
