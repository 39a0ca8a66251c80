"""The headers that mean something."""

from uuid import UUID

import pytest
from werkzeug.datastructures import Headers

from chassis.observe import traces
from chassis.web import incoming
from chassis.web.refusals import IdempotencyKeyMissing, IdempotencyKeyUnusable, IfMatchUnusable
from contracts.refusals import Malformed

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_write_without_a_key_is_told_to_bring_one() -> None:
    with pytest.raises(IdempotencyKeyMissing):
        incoming.idempotency_key(Headers())


@pytest.mark.parametrize("key", ["", "k" * 201, "đ", "a\tb"])
def test_a_key_that_is_no_printable_ascii_of_bounded_length_is_refused(key: str) -> None:
    with pytest.raises(IdempotencyKeyUnusable):
        incoming.idempotency_key(Headers([("Idempotency-Key", key)]))


@pytest.mark.parametrize("key", ["x", "k" * 200, "run-7/step 2"])
def test_a_usable_key_is_taken_as_it_is(key: str) -> None:
    assert incoming.idempotency_key(Headers([("Idempotency-Key", key)])) == key


def test_if_match_holds_one_quoted_version() -> None:
    assert incoming.expected_version(Headers([("If-Match", '"7"')])) == 7
    assert incoming.expected_version(Headers([("If-Match", f'"7.{"0a" * 16}"')])) == 7
    assert incoming.expected_version(Headers()) is None


@pytest.mark.parametrize(
    "text", ["7", '"seven"', '"1", "2"', "*", 'W/"7"', '"-1"', '"7.0a"', f'"{"0a" * 16}"', '"99999999999999999999"']
)
def test_an_if_match_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(IfMatchUnusable):
        incoming.expected_version(Headers([("If-Match", text)]))


def test_a_usable_trace_is_continued() -> None:
    assert incoming.traceparent(Headers([("traceparent", PARENT)])) == PARENT


@pytest.mark.parametrize("text", ["", "01-x", PARENT.upper(), PARENT.replace("b7ad6b7169203331", "0" * 16)])
def test_an_unusable_trace_begins_anew(text: str) -> None:
    made = incoming.traceparent(Headers([("traceparent", text)]))
    assert made != text
    assert traces.is_context(made)


def test_a_correlation_id_is_kept_or_made() -> None:
    given_id = UUID(int=7)
    assert incoming.correlation_id(Headers([("X-Correlation-Id", str(given_id))])) == given_id
    assert incoming.correlation_id(Headers()) != incoming.correlation_id(Headers())
    with pytest.raises(Malformed):
        incoming.correlation_id(Headers([("X-Correlation-Id", "mine")]))
