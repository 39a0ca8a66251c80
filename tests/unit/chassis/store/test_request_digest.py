"""What makes two requests the same."""

from chassis.store.digest import request_digest
from contracts.envelope import Command


class Before(Command, type="counter.name", version=1):
    name: str


class After(Command, type="counter.name", version=1):
    name: str
    note: str | None = None
    urgent: bool = False


def test_a_release_that_adds_an_optional_field_recognizes_what_came_before_it():
    assert request_digest(After(name="a")) == request_digest(Before(name="a"))


def test_what_is_said_in_a_new_field_is_another_request():
    assert len({request_digest(After(name="a", note=note)) for note in (None, "", "x")}) == 3
