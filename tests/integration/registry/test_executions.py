"""A confirmed execution ends a contract or cuts a line, once, confirmed or only claimed."""

from uuid import uuid4

import pytest

from tests.support.waiting import wait_until
from tests.unit.registry.sheets import row, workbook


@pytest.fixture
def claimed(register, isp, telecom):
    """An agent with a contract and a line, as the company's list names them."""
    mark = uuid4().hex[:6]
    good = row(certificate=f"{mark}1", contract=f"1/{mark}", line_number=f"{mark}-1", telecom=telecom.name)
    register.file_list(isp, workbook(good))
    (found,) = register.agents_of(isp, 1)
    return found


@pytest.fixture
def termination(executed, isp, claimed):
    return executed(
        addressee_id=isp.provider_id, agent_id=claimed["agent_id"], contract_id=claimed["contracts"][0]["contract_id"]
    )


@pytest.fixture
def cut(executed, telecom, claimed):
    return executed(
        kind="line-cut",
        addressee_id=telecom.provider_id,
        agent_id=claimed["agent_id"],
        line_id=claimed["lines"][0]["line_id"],
    )


@pytest.mark.clause("HD-2.1d3")
def test_an_executed_order_terminates_the_contract(register, claimed, termination):
    register.execute_order(termination)
    contract = wait_until(
        lambda: [c for c in register.ask(f"/agents/{claimed['agent_id']}")["contracts"] if c["state"] == "terminated"],
        20,
        "the contract is terminated",
    )[0]
    assert (contract["terminated_on"], contract["order_id"]) == ("2026-11-20", str(termination.order_id))
    ((data, metadata),) = register.events("registry.contract-terminated", order_id=termination.order_id)
    assert data["case_id"] == str(termination.case_id)
    assert (metadata["actor"], metadata["clause"]) == ("service:registry", "HD-2.1d3")


@pytest.mark.clause("HD-2.1d3")
def test_a_contract_found_closed_already_is_terminated_too(register, claimed, termination):
    register.execute_order(termination.model_copy(update={"outcome": "already-closed"}))
    wait_until(
        lambda: register.events("registry.contract-terminated", order_id=termination.order_id), 20, "the contract ends"
    )


@pytest.mark.clause("HD-3c4")
def test_the_owners_execution_cuts_the_line(register, claimed, cut):
    register.execute_order(cut)
    line = wait_until(
        lambda: [li for li in register.ask(f"/agents/{claimed['agent_id']}")["lines"] if li["state"] == "cut"],
        20,
        "the line is cut",
    )[0]
    assert (line["cut_on"], line["order_id"]) == ("2026-11-20", str(cut.order_id))
    assert (line["number"], line["kind"]) == (claimed["lines"][0]["number"], "adsl")


@pytest.mark.clause("HD-3c4")
def test_the_arranging_of_a_cut_changes_nothing(register, claimed, cut):
    register.execute_order(cut.model_copy(update={"kind": "line-cut-arrangement", "order_id": uuid4()}))
    register.execute_order(cut)
    wait_until(lambda: register.events("registry.line-cut", order_id=cut.order_id), 20, "the owner's cut is entered")
    assert len(register.events("registry.line-cut", line_id=cut.line_id)) == 1


@pytest.mark.clause("HD-2.1d3")
def test_a_second_order_about_an_ended_contract_changes_nothing(register, termination):
    register.execute_order(termination)
    wait_until(
        lambda: register.events("registry.contract-terminated", order_id=termination.order_id), 20, "the contract ends"
    )
    late = termination.model_copy(update={"order_id": uuid4()})
    register.execute_order(late)
    consumed = "select coalesce(sum(version), 0) from seen where consumer = 'registry.executions' and stream_id = %s"
    wait_until(lambda: register.query(consumed, (str(late.order_id),))[0][0], 20, "the late order was dealt with")
    assert len(register.events("registry.contract-terminated", contract_id=termination.contract_id)) == 1
    assert register.query("select count(*) from parked where stream = %s", (str(late.order_id),)) == [(0,)]


@pytest.mark.clause("HD-2.1d3")
def test_an_order_about_a_contract_nobody_named_is_set_aside(register, executed):
    unknown = executed(contract_id=uuid4())
    register.execute_order(unknown)
    parked = wait_until(
        lambda: register.query("select reason, detail from parked where stream = %s", (str(unknown.order_id),)),
        20,
        "the message is parked",
    )
    assert parked[0][0] == "refused"
    assert str(unknown.contract_id) in parked[0][1]
