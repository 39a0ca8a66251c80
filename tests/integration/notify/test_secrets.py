"""Secrets of endpoints: replaced, valid beside each other for a day, and made with their command or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from contracts.commands.notify import RotateEndpointSecret
from contracts.refusals import StaleVersion
from tests.conformance.sender.endpoint_server import EndpointServer
from tests.integration.notify.conftest import (
    Notify,
    as_company,
    demanded,
    endpoint_of,
    run_until_idle,
    secret_id,
)
from tests.integration.notify.test_queue import answers


@pytest.mark.fault("F56")
def test_retries_go_to_the_new_address_with_every_key_that_is_valid(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    server.behaviours |= {"/old": answers(500), "/new": answers(200)}
    first = notify.registered(isp, server.url("/old"))
    notify.hand_over(demanded(isp, uuid4()))
    assert notify.worker().run_once() == 1
    second = notify.registered(isp, server.url("/new"))
    third = notify.execute(RotateEndpointSecret(endpoint_id=endpoint_of(isp)), as_company(isp))
    assert run_until_idle(notify) == 1
    (post,) = server.posts_to("/new")
    for shown in (first, second, third):
        Webhook(shown["secret"]).verify(post.body, post.headers)
    schemes = [entry.split(",")[0] for entry in post.headers["webhook-signature"].split(" ")]
    assert schemes == ["v1", "v1a"] * 3
    left = notify.rows(
        "select round(extract(epoch from valid_until - clock_timestamp()) / 3600) from endpoint_secret "
        "where valid_until is not null"
    )
    assert left == [(24,), (24,)], "hours for which the former two still sign"


def secrets(notify: Notify) -> list[tuple[Any, ...]]:
    return notify.rows("select secret_id, valid_until from endpoint_secret order by made_at")


def test_a_rotation_that_is_refused_leaves_the_secrets_as_they_were(notify: Notify, isp: UUID) -> None:
    notify.registered(isp, "https://hooks.songhong.vn/orders")
    before = secrets(notify)
    rotate = RotateEndpointSecret(endpoint_id=endpoint_of(isp))
    with pytest.raises(StaleVersion):
        notify.commands.execute(notify.pool, rotate, principal=as_company(isp), key="x", expected_version=99)
    assert secrets(notify) == before


@pytest.mark.fault("F59")
def test_a_rotation_sent_several_times_at_once_shows_everybody_the_one_secret_that_stays(
    notify: Notify, isp: UUID
) -> None:
    notify.registered(isp, "https://hooks.songhong.vn/orders")
    rotate, together = RotateEndpointSecret(endpoint_id=endpoint_of(isp)), threading.Barrier(6)

    def send(_: int) -> str:
        together.wait()
        return str(notify.execute(rotate, as_company(isp), key="the-same")["secret"])

    with ThreadPoolExecutor(6) as clients:
        shown = set(clients.map(send, range(6)))
    assert len(shown) == 1
    staying = [one for one, valid_until in secrets(notify) if valid_until is None]
    assert staying == [secret_id(as_company(isp), "the-same")]


def test_a_key_past_its_overlap_signs_nothing(notify: Notify, server: EndpointServer, isp: UUID) -> None:
    server.behaviours["/hook"] = answers(200)
    notify.registered(isp, server.url("/hook"))
    notify.execute(RotateEndpointSecret(endpoint_id=endpoint_of(isp)))
    with notify.pool.transaction() as cursor:
        cursor.execute("update endpoint_secret set valid_until = clock_timestamp() where valid_until is not null")
    notify.hand_over(demanded(isp, uuid4()))
    run_until_idle(notify)
    (post,) = server.posts_to("/hook")
    assert len(post.headers["webhook-signature"].split(" ")) == 2
