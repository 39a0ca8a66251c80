"""JSON as it may come in: UTF-8, no name twice, no NaN, no infinity, at most 32 deep."""

import json
from collections import Counter
from typing import Any, NoReturn

from chassis.web.refusals import DuplicateKey, NestedTooDeep, NotUtf8, NumberUnusable
from contracts.refusals import Malformed

DEEPEST = 32


def parse_object(body: bytes) -> dict[str, Any]:
    """The object a body holds. Raises Malformed or one of its kinds, saying where reading stopped."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8("byte {byte} of the body is not UTF-8", byte=error.start + 1) from None
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise Malformed(
            "not JSON at line {line}, column {column}: {why}", line=error.lineno, column=error.colno, why=error.msg
        ) from None
    except ValueError:  # int() refuses thousands of digits
        raise NumberUnusable("a number has too many digits") from None
    if not isinstance(found, dict):
        raise Malformed("the body must be a JSON object: {{…}}")
    _check_depth(found)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise DuplicateKey("the name {name!r} stands twice in one object", name=twice[:80])
    return found


def _no_constant(name: str) -> NoReturn:
    raise NumberUnusable("{name} is no JSON number", name=name)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NumberUnusable("the number {number} is too large", number=text[:40])
    return number


def _check_depth(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> NestedTooDeep:
    return NestedTooDeep("objects and lists may be nested {limit} deep", limit=DEEPEST)
