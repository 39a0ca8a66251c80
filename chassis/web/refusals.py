"""The noes that only HTTP knows.

Refusal
├── Malformed                400  (contracts)
│   ├── IdempotencyKeyMissing, IdempotencyKeyUnusable, IfMatchUnusable
│   ├── UnknownParameter, ParameterWrong, CursorUnusable
│   └── NestedTooDeep, NotUtf8, DuplicateKey, NumberUnusable
├── NoSuchPath               404  nothing has this address
├── MethodNotAllowed         405
├── BodyTooSlow              408
├── BodyTooLarge             413
├── UnsupportedMediaType     415
├── Invalid                  422  (contracts)
│   └── UnknownField, MissingField, WrongType, ForbiddenCharacter: when that is the one cause
├── Unexpected               500  our own fault; the correlation id finds it in the log
└── Busy, TookTooLong, DatabaseAway   503  try again, with the same Idempotency-Key
"""

from contracts.refusals import Invalid, Malformed, Refusal


class IdempotencyKeyMissing(
    Malformed, code="idempotency-key-missing", status=400, title="Every write needs an Idempotency-Key"
): ...


class IdempotencyKeyUnusable(
    Malformed, code="idempotency-key-unusable", status=400, title="The Idempotency-Key cannot be used"
): ...


class IfMatchUnusable(Malformed, code="if-match-unusable", status=400, title="If-Match cannot be read"): ...


class UnknownParameter(Malformed, code="unknown-parameter", status=400, title="There is no such parameter"): ...


class ParameterWrong(Malformed, code="parameter-wrong", status=400, title="A parameter is wrong"): ...


class CursorUnusable(Malformed, code="cursor-unusable", status=400, title="This cursor leads nowhere"): ...


class NestedTooDeep(Malformed, code="nested-too-deep", status=400, title="The document is nested too deep"): ...


class NotUtf8(Malformed, code="not-utf-8", status=400, title="The text is not UTF-8"): ...


class DuplicateKey(Malformed, code="duplicate-key", status=400, title="A name stands twice in one object"): ...


class NumberUnusable(Malformed, code="number-unusable", status=400, title="A number is no JSON number"): ...


class NoSuchPath(Refusal, code="no-such-path", status=404, title="Nothing has this address"): ...


class MethodNotAllowed(Refusal, code="method-not-allowed", status=405, title="This address knows other methods"): ...


class BodyTooSlow(Refusal, code="body-too-slow", status=408, title="The body did not arrive in time"): ...


class BodyTooLarge(Refusal, code="body-too-large", status=413, title="The body is too large"): ...


class UnsupportedMediaType(
    Refusal, code="unsupported-media-type", status=415, title="The body has another media type"
): ...


class UnknownField(Invalid, code="unknown-field", status=422, title="There is no such field"): ...


class MissingField(Invalid, code="missing-field", status=422, title="A field is missing"): ...


class WrongType(Invalid, code="wrong-type", status=422, title="A field has the wrong type"): ...


class ForbiddenCharacter(
    Invalid, code="forbidden-character", status=422, title="A character may not stand in text"
): ...


class Unexpected(Refusal, code="unexpected", status=500, title="Something broke here"): ...


class Busy(Refusal, code="busy", status=503, title="Too much is going on"): ...


class TookTooLong(Refusal, code="took-too-long", status=503, title="It took too long"): ...


class DatabaseAway(Refusal, code="database-away", status=503, title="The database cannot be reached"): ...
