"""JSON that may come in, and what is said about the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.web.json_text import DEEPEST, parse_object
from chassis.web.refusals import DuplicateKey, NestedTooDeep, NotUtf8, NumberUnusable
from contracts.refusals import Malformed, Refusal


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"{", Malformed),
        (b"", Malformed),
        (b"[1]", Malformed),
        (b'"text"', Malformed),
        (b'{"a": 1} x', Malformed),
        (b'{"a": NaN}', NumberUnusable),
        (b'{"a": -Infinity}', NumberUnusable),
        (b'{"a": 1e999}', NumberUnusable),
        (b'{"a": ' + b"9" * 5000 + b"}", NumberUnusable),
        (b'{"a": 1, "a": 1}', DuplicateKey),
        (b'{"b": [{"a": 1, "a": 2}]}', DuplicateKey),
        (b'{"a": "\xff"}', NotUtf8),
        (b'{"a": "\xed\xa0\x80"}', NotUtf8),
        (nested(DEEPEST + 1), NestedTooDeep),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", NestedTooDeep),
    ],
)
def test_unusable_json_is_refused_with_a_code_of_its_own(body: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(Malformed) as caught:
        parse_object(body)
    assert type(caught.value) is refusal
    assert caught.value.status == 400


def test_a_document_may_be_nested_just_as_deep_as_the_limit() -> None:
    assert parse_object(nested(DEEPEST))


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()))
def test_every_usable_object_comes_through_as_it_was(document: dict[str, object]) -> None:
    usable = {name: value for name, value in document.items() if value not in (float("inf"), float("-inf"))}
    try:
        body = json.dumps(usable, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert parse_object(body) == usable


@given(st.binary(max_size=200))
def test_no_bytes_lead_to_anything_but_an_object_or_a_refusal(body: bytes) -> None:
    try:
        found: object = parse_object(body)
    except Malformed as refusal:
        found = {"detail": refusal.detail} if refusal.detail else None
    assert isinstance(found, dict)
