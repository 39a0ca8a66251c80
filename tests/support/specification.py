"""Given these events, when that is asked, then this follows: how the domain's rules are tested.

given = Specification(Agent(), evolve).given
given(AgentRegistered(...), AgentClosed(...)).when(signing(contract)).then_raises(AgentIsClosed)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest

from contracts.envelope import Event

S = TypeVar("S")


@dataclass(frozen=True)
class Specification(Generic[S]):
    """The state of a stream without events, and how an event moves it."""

    initial: S
    evolve: Callable[[S, Event], S]

    def given(self, *events: Event) -> "Given[S]":
        """The stream holds these events."""
        return Given(self, events)

    def fold(self, events: Iterable[Event]) -> S:
        state = self.initial
        for event in events:
            state = self.evolve(state, event)
        return state


@dataclass(frozen=True)
class Given(Generic[S]):
    specification: Specification[S]
    events: tuple[Event, ...]

    @property
    def state(self) -> S:
        return self.specification.fold(self.events)

    def when(self, decide: Callable[[S], Any]) -> "When[S]":
        """`decide` takes the state and answers an event, several, or None."""
        return When(self, decide)


@dataclass(frozen=True)
class When(Generic[S]):
    given: Given[S]
    decide: Callable[[S], Any]

    def then_(self, *expected: Event) -> Given[S]:
        """Exactly these events follow; answers the stream with them, to go on from."""
        followed = _events(self.decide(self.given.state))
        assert expected == followed
        return Given(self.given.specification, self.given.events + followed)

    def then_nothing(self) -> None:
        followed = _events(self.decide(self.given.state))
        assert not followed

    def then_raises(self, refusal: type[Exception], **members: Any) -> None:
        """This very refusal, with at least these members."""
        with pytest.raises(refusal) as raised:
            _events(self.decide(self.given.state))
        assert raised.type is refusal
        found = getattr(raised.value, "members", {})
        assert members == {name: found.get(name) for name in members}


def _events(answer: Any) -> tuple[Event, ...]:
    if answer is None:
        return ()
    if isinstance(answer, Event):
        return (answer,)
    return tuple(answer)
