"""A company's endpoint: registered, proved, rotated, held, let go again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.commands.notify import RegisterEndpoint, ResumeEndpoint, SuspendEndpoint, VerifyEndpoint
from contracts.envelope import Event
from contracts.events.notify import (
    EndpointRegistered,
    EndpointResumed,
    EndpointSecretRotated,
    EndpointSuspended,
    EndpointVerified,
)
from services.notify.domain import endpoint as endpoints
from services.notify.domain.endpoint import Endpoint, Status
from services.notify.domain.refusals import (
    EndpointIsNotSuspended,
    EndpointIsSuspended,
    EndpointUnchanged,
    UnknownEndpoint,
)
from tests.support.specification import Specification

ISP = uuid4()
ENDPOINT = endpoints.endpoint_id_of("hai-duong", ISP)
URL, OTHER = "https://hooks.songhong.vn/orders", "https://new.songhong.vn/orders"

given = Specification(Endpoint(), endpoints.evolve).given
registered = EndpointRegistered(endpoint_id=ENDPOINT, provider_id=ISP, url=URL)
moved = EndpointRegistered(endpoint_id=ENDPOINT, provider_id=ISP, url=OTHER)
verified = EndpointVerified(endpoint_id=ENDPOINT, provider_id=ISP)
rotated = EndpointSecretRotated(endpoint_id=ENDPOINT, provider_id=ISP)
suspended = EndpointSuspended(endpoint_id=ENDPOINT, provider_id=ISP, reason="Bảo trì.")
resumed = EndpointResumed(endpoint_id=ENDPOINT, provider_id=ISP)


def registering(url: str) -> Callable[[Endpoint], Event]:
    command = RegisterEndpoint(provider_id=ISP, url=url)
    return lambda state: endpoints.register(state, command, ENDPOINT)


def verifying(state: Endpoint) -> tuple[Event, ...]:
    return endpoints.verify(state, VerifyEndpoint(endpoint_id=ENDPOINT))


def rotating(state: Endpoint) -> Event:
    return endpoints.rotate_secret(state, ENDPOINT)


def suspending(state: Endpoint) -> Event:
    return endpoints.suspend(state, SuspendEndpoint(endpoint_id=ENDPOINT, reason="Bảo trì."))


def resuming(escalated: int = 0) -> Callable[[Endpoint], Event]:
    return lambda state: endpoints.resume(state, ResumeEndpoint(endpoint_id=ENDPOINT), escalated)


def test_an_address_must_prove_itself() -> None:
    assert given().when(registering(URL)).then_(registered).state.status is Status.UNVERIFIED
    assert given(registered).when(verifying).then_(verified).state.status is Status.ACTIVE
    given(registered, verified).when(verifying).then_nothing()


def test_a_new_address_must_prove_itself_again() -> None:
    after = given(registered, verified).when(registering(OTHER)).then_(moved)
    assert after.state.status is Status.UNVERIFIED
    assert after.state.url == OTHER


def test_the_same_address_again_is_refused() -> None:
    given(registered, verified).when(registering(URL)).then_raises(EndpointUnchanged, endpoint_id=str(ENDPOINT))


def test_a_suspended_endpoint_is_held_until_it_is_resumed() -> None:
    after = given(registered, verified).when(suspending).then_(suspended)
    assert after.state.status is Status.SUSPENDED
    assert after.when(resuming()).then_(resumed).state.status is Status.ACTIVE


def test_a_new_address_does_not_end_a_suspension() -> None:
    assert given(registered, verified, suspended, moved, verified).state.status is Status.SUSPENDED


def test_what_is_so_already_is_refused() -> None:
    given(registered, suspended).when(suspending).then_raises(EndpointIsSuspended)
    given(registered).when(resuming()).then_raises(EndpointIsNotSuspended)


def test_messages_whose_last_try_failed_go_out_again_by_a_resumption() -> None:
    given(registered, verified).when(resuming(escalated=2)).then_(resumed)


@pytest.mark.parametrize("decide", [verifying, rotating, suspending, resuming()])
def test_an_endpoint_that_is_not_there_is_unknown(decide: Callable[[Endpoint], Any]) -> None:
    given().when(decide).then_raises(UnknownEndpoint)


def test_a_rotation_changes_nothing_else() -> None:
    after = given(registered, verified).when(rotating).then_(rotated)
    assert after.state == given(registered, verified).state


def test_the_endpoint_of_a_company_has_one_id_in_a_province() -> None:
    assert endpoints.endpoint_id_of("hai-duong", ISP) == ENDPOINT
    others = {endpoints.endpoint_id_of("long-an", ISP), endpoints.endpoint_id_of("hai-duong", UUID(int=7))}
    assert ENDPOINT not in others
    assert len(others) == 2
