"""I8: no byte to a forbidden address, at save, at test, at delivery. Counted at a listening trap."""

import re
from uuid import uuid4

import pytest

from services.notify.domain.addresses import AddressPolicy, AddressRefused
from services.notify.sender.http_sender import HttpSender
from services.notify.sender.port import LookUpFailed, Outcome, Post
from tests.conformance.sender.endpoint_server import EndpointServer, serving
from tests.integration.notify.conftest import Notify, demanded
from tests.unit.notify.test_addresses import SPELLINGS

LOOPBACK = [url for url in SPELLINGS if re.search(r"127|7f|2130706433|0177|localhost|::1\]|//0", url, re.IGNORECASE)]


def with_port(url: str, port: int) -> list[str]:
    """The URL as it is, and with the trap's port where it names a host."""
    match = re.fullmatch(r"(https?)://([^/?#]+)(/.*)?", url)
    if match is None:
        return [url]
    return [url, *(f"{scheme}://{match[2]}:{port}{match[3] or '/'}" for scheme in ("https", "http"))]


class Strict:
    """A strict sender that counts how often it was asked to send."""

    def __init__(self) -> None:
        self._sender = HttpSender(AddressPolicy(), deadline_s=2.0)
        self.outcomes: list[Outcome] = []

    def check(self, url: str) -> None:
        self._sender.check(url)

    def send(self, post: Post) -> Outcome:
        self.outcomes.append(self._sender.send(post))
        return self.outcomes[-1]


@pytest.mark.fault("F45")
def test_no_spelling_reaches_the_trap_when_an_address_is_saved_or_tested() -> None:
    sender = Strict()
    with serving() as trap:
        for url in (found for spelling in SPELLINGS for found in with_port(spelling, trap.port)):
            with pytest.raises((AddressRefused, LookUpFailed)):
                sender.check(url)
            assert not sender.send(Post(url, (), b"{}")).received
        assert len(sender.outcomes) > 3 * 60
        assert trap.connections == 0


@pytest.mark.fault("F45")
def test_no_spelling_reaches_the_trap_at_delivery(notify: Notify, server: EndpointServer) -> None:
    """Even if an address got into the register by another way, the worker does not go there."""
    urls = [url for spelling in LOOPBACK for url in with_port(spelling, server.port)[-1:]]
    urls = [url for url in urls if url.isprintable() and url.startswith("http")]
    assert len(urls) > 20
    sender = Strict()
    for url in urls:
        isp = uuid4()
        notify.registered(isp, url)
        notify.hand_over(demanded(isp, uuid4()))
    while notify.worker(sender=sender).run_once():
        pass
    assert len(sender.outcomes) == len(urls) * len(notify.schedule)
    assert not any(outcome.received for outcome in sender.outcomes)
    assert server.connections == 0
