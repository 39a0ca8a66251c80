"""One function says where webhooks may go; here are the ways people try to get around it."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.refusals import Said
from services.notify.domain.addresses import (
    AddressPolicy,
    AddressRefused,
    NameNotFound,
    destination,
    refusal_of,
)

STRICT = AddressPolicy()
LOOPBACK = AddressPolicy(allow_loopback=True)
OFFICE = AddressPolicy(private_networks=(ip_network("10.20.0.0/16"), ip_network("fd12:3456::/32")))
EVERYTHING_OPENED = AddressPolicy(allow_loopback=True, private_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))
PUBLIC = "93.184.215.14"


def resolves_to(*addresses: str) -> Callable[[str, int], tuple[str, ...]]:
    return lambda _host, _port: addresses


def never_asked(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError(f"{host} was looked up though its spelling alone is refused")


SPELLINGS = [
    # other ways to write a number
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.000.000.001/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://00000/",
    "https://169.254.43518/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://425.510.425.510/",
    "https://hooks.0x7f/",
    # plainly ours
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    # IPv6, and IPv4 inside it
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "https://[2001:db8::1]/",
    "https://[100::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fd20:ce::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    # what is no plain address
    "https://user@example.vn/",
    "https://user:secret@example.vn/",
    "https://example.vn@127.0.0.1/",
    "https://127.0.0.1#@example.vn/",
    "https://example.vn\\@127.0.0.1/",
    "https:\\\\example.vn/",
    "https://example.vn%00.evil.vn/",
    "https://example.vn%2f127.0.0.1/",
    "https://exa mple.vn/",
    "https://example.vn/a b",
    "https://example.vn/\r\nHost: evil.vn",
    "https://example.vn\t/",
    "https://example.vn./",
    "https://.example.vn/",
    "https://example..vn/",
    "https://-example.vn/",
    "https://intranet/",
    "https://metadata/",
    "https:///path",
    "https://",
    "https://:443/",
    "https://example.vn:/",
    "https://[example.vn]/",
    "https://[127.0.0.1]/",
    "https://đạilý.vn/",
    "https://１２７.０.０.１/",
    "https://example。vn/",
    "https://ⓔxample.vn/",
    "https://example.vn:22/",
    "https://example.vn:25/",
    "https://example.vn:0/",
    "https://example.vn:99999/",
    "https://example.vn:https/",
    "https://example.vn/#fragment",
    "https://" + "a" * 64 + ".vn/",
    "https://" + "a." * 130 + "vn/",
    "https://example.vn/" + "a" * 2_000,
    # other schemes
    "file:///etc/passwd",
    "gopher://example.vn/",
    "ftp://example.vn/",
    "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/",
    "javascript:alert(1)",
    "//example.vn/",
    "example.vn",
    "",
    " https://example.vn/",
    "HTTPS:example.vn",
]


def test_there_are_enough_spellings() -> None:
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_forbidden_spelling_is_refused_without_a_look_up(url: str) -> None:
    with pytest.raises(AddressRefused):
        destination(url, never_asked, STRICT)


FORBIDDEN = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "fd00::1",
    "fe80::1%eth0",
    "100.64.0.1",
    "0.0.0.0",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match=r"hooks\.example\.vn leads to"):
        destination("https://hooks.example.vn/", resolves_to(address), STRICT)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_one_forbidden_address_among_good_ones_spoils_the_name(address: str) -> None:
    with pytest.raises(AddressRefused):
        destination("https://hooks.example.vn/", resolves_to(PUBLIC, address), STRICT)


def test_a_name_without_an_address_says_so() -> None:
    with pytest.raises(NameNotFound):
        destination("https://hooks.example.vn/", resolves_to(), STRICT)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_connected_to_as_it_was_checked(address: str) -> None:
    found = destination("https://Hooks.Example.vn/orders?x=1", resolves_to(address, address), STRICT)
    assert ("https", "hooks.example.vn", 443, "/orders?x=1", (address,)) == (
        found.scheme,
        found.host,
        found.port,
        found.target,
        found.addresses,
    )


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://hooks.example.vn", "hooks.example.vn"),
        ("https://hooks.example.vn:443/", "hooks.example.vn"),
        ("https://hooks.example.vn:8443/", "hooks.example.vn:8443"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443"),
    ],
)
def test_the_host_header_names_the_port_only_when_it_is_not_the_usual_one(url: str, authority: str) -> None:
    assert authority == destination(url, resolves_to(PUBLIC), STRICT).authority


def test_an_international_name_goes_in_its_ascii_form() -> None:
    assert destination("https://xn--i-ly-6qa05d.vn/", resolves_to(PUBLIC), STRICT).host == "xn--i-ly-6qa05d.vn"


def test_the_operator_opens_private_networks_and_only_these() -> None:
    assert refusal_of("10.20.3.4", OFFICE) is None
    assert refusal_of("fd12:3456::1", OFFICE) is None
    assert refusal_of("::ffff:10.20.3.4", OFFICE) is None
    assert "opened by the operator" in (refusal_of("10.21.3.4", OFFICE) or Said("")).in_language("en")


def test_loopback_opens_by_its_own_setting_only() -> None:
    assert destination("http://127.0.0.1:9000/", never_asked, LOOPBACK).scheme == "http"
    assert destination("http://localhost:9000/", resolves_to("127.0.0.1"), LOOPBACK).scheme == "http"
    assert refusal_of("127.0.0.1", AddressPolicy(private_networks=(ip_network("127.0.0.0/8"),))) is not None
    assert refusal_of("10.0.0.1", LOOPBACK) is not None


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "192.0.0.192"],
)
def test_nothing_opens_the_addresses_of_credentials(address: str) -> None:
    assert refusal_of(address, EVERYTHING_OPENED) is not None


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "2002:7f00:1::", "::127.0.0.1", "ff02::1"]
)
def test_a_careless_list_opens_private_ranges_at_most(address: str) -> None:
    assert refusal_of(address, EVERYTHING_OPENED) is not None


def test_plain_http_stays_inside() -> None:
    with pytest.raises(AddressRefused, match="https"):
        destination("http://hooks.example.vn/", resolves_to(PUBLIC), STRICT)
    assert destination("http://hooks.example.vn:8080/", resolves_to("10.20.0.9"), OFFICE).port == 8080


@given(st.integers(0, 2**32 - 1))
def test_every_form_that_carries_an_address_is_at_most_as_open_as_the_address(number: int) -> None:
    high, low = number >> 16, number & 0xFFFF
    inner = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    if refusal_of(inner, STRICT) is None:
        return
    for form in (
        f"::ffff:{inner}",
        f"64:ff9b::{inner}",
        f"::{high:x}:{low:x}",
        f"::ffff:0:{high:x}:{low:x}",
        f"64:ff9b:1::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
    ):
        assert refusal_of(form, STRICT) is not None, form


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    for url in (text, f"https://{text}/", f"https://example.vn{text}"):
        try:
            found = destination(url, resolves_to(PUBLIC), STRICT)
        except AddressRefused:
            continue
        assert all(refusal_of(address, STRICT) is None for address in found.addresses)
