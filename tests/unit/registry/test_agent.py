"""What an agent and its contracts may become."""

from datetime import date
from uuid import uuid4

import pytest

from contracts.commands.registry import CloseAgent, RegisterAgent, SignAgencyContract, TerminateContract
from services.registry.domain import errors
from services.registry.domain.agent import (
    Agent,
    Filing,
    close_agent,
    evolve,
    register_agent,
    report_agent,
    sign_contract,
    terminate_contract,
)
from tests.support.specification import Specification
from tests.unit.registry.facts import (
    AGENT,
    AREAS,
    CLOSE,
    CLOSED,
    CONTRACT,
    ISP,
    LIST,
    OTHER_ISP,
    REGISTER,
    REGISTERED,
    REPORTED,
    ROW,
    SIGN,
    SIGNED,
    TERMINATE,
    TERMINATED,
    TODAY,
    TOMORROW,
)

given = Specification(Agent(), evolve).given


def registering(command: RegisterAgent = REGISTER):
    return lambda agent: register_agent(agent, AGENT, command, AREAS)


def signing(command: SignAgencyContract = SIGN, contract_id=CONTRACT):
    return lambda agent: sign_contract(agent, contract_id, command, TODAY)


def terminating(command: TerminateContract = TERMINATE):
    return lambda agent: terminate_contract(agent, command)


def closing(command: CloseAgent = CLOSE):
    return lambda agent: close_agent(agent, command, TODAY)


def reporting():
    return lambda _: report_agent(AGENT, CONTRACT, REPORTED.lines, ROW, Filing(LIST, ISP, "2026-10"))


@pytest.mark.clause("HD-3b")
def test_a_row_of_a_list_reports_an_agent():
    given().when(reporting()).then_(REPORTED)


@pytest.mark.clause("HD-3b")
def test_a_closed_agent_can_still_be_claimed_by_a_company():
    assert given(REGISTERED, CLOSED).when(reporting()).then_(REPORTED).state.status == "closed"


@pytest.mark.clause("HD-2.1b3")
def test_a_reported_agent_becomes_registered():
    given(REPORTED).when(registering()).then_(REGISTERED)


@pytest.mark.clause("HD-2.1b3")
def test_an_agent_nobody_reported_can_be_registered_as_a_new_one():
    given().when(registering(REGISTER.model_copy(update={"agent_id": None}))).then_(REGISTERED)


def test_naming_an_agent_that_nobody_reported_is_refused():
    given().when(registering()).then_raises(errors.AgentNotFound, agent_id=str(AGENT))


def test_an_agent_is_registered_once():
    given(REGISTERED).when(registering()).then_raises(errors.AgentAlreadyRegistered, agent_id=str(AGENT))


def test_a_closed_agent_cannot_be_registered_again():
    given(REGISTERED, CLOSED).when(registering()).then_raises(errors.AgentIsClosed)


def test_a_district_of_another_province_is_refused():
    elsewhere = REGISTER.model_copy(update={"area": "tan-an"})
    given(REPORTED).when(registering(elsewhere)).then_raises(errors.UnknownArea, area="tan-an")


@pytest.mark.clause("HD-5b")
def test_a_registered_agent_signs_with_an_isp():
    given(REPORTED, REGISTERED).when(signing()).then_(SIGNED)


@pytest.mark.clause("HD-5b")
def test_an_agent_that_is_only_claimed_cannot_sign():
    given(REPORTED).when(signing()).then_raises(errors.AgentNotConfirmed)


def test_a_closed_agent_cannot_sign():
    given(REGISTERED, CLOSED).when(signing()).then_raises(errors.AgentIsClosed)


def test_an_unknown_agent_cannot_sign():
    given().when(signing()).then_raises(errors.AgentNotFound)


@pytest.mark.clause("HD-5b")
def test_one_contract_with_a_company_is_in_force_at_a_time():
    second = SIGN.model_copy(update={"number": "13/HĐĐL"})
    given(REGISTERED, SIGNED).when(signing(second, uuid4())).then_raises(
        errors.ContractAlreadyInForce, contract_number="12/HĐĐL"
    )


@pytest.mark.clause("HD-5b")
def test_an_agent_may_serve_two_companies():
    other = SIGN.model_copy(update={"provider_id": OTHER_ISP})
    other_contract = uuid4()
    given(REGISTERED, SIGNED).when(signing(other, other_contract)).then_(
        SIGNED.model_copy(update={"provider_id": OTHER_ISP, "contract_id": other_contract})
    )


def test_a_contract_cannot_be_signed_tomorrow():
    given(REGISTERED).when(signing(SIGN.model_copy(update={"signed_on": TOMORROW}))).then_raises(errors.DateInFuture)


def test_a_terminated_contract_is_not_signed_again():
    given(REGISTERED, SIGNED, TERMINATED).when(signing()).then_raises(errors.ContractIsTerminated)


def test_after_a_termination_a_contract_with_a_new_number_may_be_signed():
    number, contract = "7/HĐĐL-2026", uuid4()
    command = SIGN.model_copy(update={"number": number})
    expected = SIGNED.model_copy(update={"number": number, "contract_id": contract})
    given(REGISTERED, SIGNED, TERMINATED).when(signing(command, contract)).then_(expected)


@pytest.mark.clause("HD-2.1d3")
def test_a_signed_contract_is_terminated():
    given(REPORTED, REGISTERED, SIGNED).when(terminating()).then_(TERMINATED)


@pytest.mark.clause("HD-2.1d3")
def test_a_contract_that_is_only_claimed_is_terminated_too():
    given(REPORTED).when(terminating()).then_(TERMINATED)


@pytest.mark.clause("HD-2.1d3")
def test_a_second_execution_of_one_order_changes_nothing():
    given(REPORTED, TERMINATED).when(terminating()).then_nothing()


@pytest.mark.clause("HD-3b")
def test_a_later_list_does_not_revive_a_terminated_contract():
    later = REPORTED.model_copy(update={"month": "2026-11", "list_id": uuid4()})
    given(REPORTED, TERMINATED, later).when(terminating()).then_nothing()


def test_a_contract_nobody_named_cannot_be_terminated():
    given(REGISTERED).when(terminating()).then_raises(errors.ContractNotFound, contract_id=str(CONTRACT))


def test_a_contract_of_another_company_is_not_terminated():
    foreign = TERMINATE.model_copy(update={"provider_id": OTHER_ISP})
    given(REGISTERED, SIGNED).when(terminating(foreign)).then_raises(errors.ContractNotFound)


def test_an_agent_gives_up_its_business():
    given(REPORTED).when(closing()).then_(CLOSED)


def test_an_agent_closes_once():
    given(REPORTED, CLOSED).when(closing()).then_raises(errors.AgentIsClosed)


def test_an_unknown_agent_cannot_close():
    given().when(closing()).then_raises(errors.AgentNotFound)


def test_an_agent_cannot_close_tomorrow():
    given(REPORTED).when(closing(CLOSE.model_copy(update={"closed_on": TOMORROW}))).then_raises(errors.DateInFuture)


def test_a_signed_contract_takes_the_place_of_its_claim():
    state = given(REPORTED, REGISTERED, SIGNED).state
    assert [("signed", date(2009, 2, 5))] == [(c.state, SIGNED.signed_on) for c in state.contracts.values()]
