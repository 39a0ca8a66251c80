"""What a line may become."""

import pytest

from services.registry.domain import agent as agents
from services.registry.domain import errors
from services.registry.domain.line import Line, attach_line, cut_line, evolve
from tests.support.specification import Specification
from tests.unit.registry.facts import (
    AGENT,
    ATTACH,
    ATTACHED,
    CUT,
    CUT_IT,
    LINE,
    OTHER_AGENT,
    REGISTERED,
    REPORTED,
)

given = Specification(Line(), evolve).given
claimed = Specification(agents.Agent(), agents.evolve).given(REPORTED).state
confirmed = Specification(agents.Agent(), agents.evolve).given(REGISTERED).state


def attaching(**changed):
    return lambda line: attach_line(line, LINE, ATTACH.model_copy(update=changed))


def cutting(agent, **changed):
    return lambda line: cut_line(line, agent, CUT_IT.model_copy(update=changed))


@pytest.mark.clause("HD-3c4")
def test_a_line_is_attached_to_the_agent_it_serves():
    given().when(attaching()).then_(ATTACHED)


def test_a_line_is_attached_once():
    given(ATTACHED).when(attaching()).then_raises(errors.LineAlreadyAttached, line_id=str(LINE))


def test_a_line_serves_one_agent():
    given(ATTACHED).when(attaching(agent_id=OTHER_AGENT)).then_raises(errors.LineServesAnother, agent_id=str(AGENT))


def test_a_cut_line_is_not_attached_again():
    given(ATTACHED, CUT).when(attaching()).then_raises(errors.LineIsCut)


@pytest.mark.clause("HD-3c4")
def test_a_line_is_cut():
    given(ATTACHED).when(cutting(confirmed)).then_(CUT)


@pytest.mark.clause("HD-3c4")
def test_a_line_that_is_only_claimed_is_cut_too():
    given().when(cutting(claimed)).then_(CUT)


@pytest.mark.clause("HD-3c4")
def test_a_second_execution_of_one_order_changes_nothing():
    given(ATTACHED, CUT).when(cutting(confirmed)).then_nothing()


def test_a_line_nobody_named_cannot_be_cut():
    given().when(cutting(confirmed)).then_raises(errors.LineNotFound, line_id=str(LINE))


def test_a_line_of_another_agent_is_not_cut():
    given(ATTACHED).when(cutting(claimed, agent_id=OTHER_AGENT)).then_raises(errors.LineNotFound)
