"""How notify says no, beyond what `contracts.refusals` knows.

Refusal
├── AddressRefused, NameNotFound    422  see domain/addresses.py
├── UnknownEndpoint                 404  absent, or another company's
├── EndpointUnchanged               409  this very address is registered already
├── EndpointIs(Not)Suspended        409
├── TooManySecrets                  409  older secrets are still valid
├── EndpointDidNotAnswer            502  the test message was not answered with 2xx
└── SenderBusy                      503  no worker took the test message in time
"""

from contracts.refusals import NotFound, Refusal


class UnknownEndpoint(NotFound, code="unknown-endpoint", status=404, title="There is no such endpoint"): ...


class EndpointUnchanged(
    Refusal, code="endpoint-unchanged", status=409, title="This address is the company's endpoint already"
): ...


class EndpointIsSuspended(Refusal, code="endpoint-is-suspended", status=409, title="The endpoint is suspended"): ...


class EndpointIsNotSuspended(
    Refusal, code="endpoint-is-not-suspended", status=409, title="The endpoint is not suspended"
): ...


class TooManySecrets(
    Refusal, code="too-many-secrets", status=409, title="Older secrets of this endpoint are still valid"
): ...


class EndpointDidNotAnswer(
    Refusal, code="endpoint-did-not-answer", status=502, title="The endpoint did not accept the test message"
): ...


class SenderBusy(Refusal, code="sender-busy", status=503, title="No worker could look at the address in time"): ...
