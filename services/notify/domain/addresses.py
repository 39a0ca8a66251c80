"""Where a webhook may go: one function, `destination`, asked when an address is saved, tested and delivered to.

Python's `ipaddress` is no guard against requests to our own network (it calls 64:ff9b::7f00:1 global), so an address is
unwrapped first: mapped and NAT64 forms are judged by the IPv4 address they carry. Then an explicit list refuses (all
other forms that carry one stand in it); then only what is global and no multicast passes. An operator's list opens
private networks; nothing but a test setting opens loopback; nothing opens the addresses from which clouds hand out
credentials.

    AddressRefused                    the address itself, a company's mistake or worse
    └── NameNotFound                  the name has no address
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from contracts.refusals import Refusal, Said

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], tuple[str, ...]]
"""(host, port) → every address of the name, as getaddrinfo writes them. Raises NameNotFound."""

MAX_URL = 2_000


class AddressRefused(Refusal, code="address-refused", status=422, title="Webhooks are not sent to this address"): ...


class NameNotFound(AddressRefused, code="name-not-found", status=422, title="The name has no address"): ...


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What an operator opened. `private_networks` count for the private ranges only, never for the rest."""

    allow_loopback: bool = False
    private_networks: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked address: connect to one of `addresses` and nothing else, with `host` as Host and SNI."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query as they stand in the request line."""
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


DEFAULT_PORTS = {"https": 443, "http": 80}
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
TARGET = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
LOOPBACK_NAME = "localhost"

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
METADATA = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # AWS, GCP, Azure, OpenStack; link-local altogether
            "100.100.100.200/32",  # Alibaba, inside the shared range
            "168.63.129.16/32",  # Azure's wire server, a public address
            "192.0.0.192/32",  # Oracle
            "fd00:ec2::/32",  # AWS over IPv6, inside the private range
            "fd20:ce::/32",  # GCP over IPv6
            "fe80::/10",
        ),
    )
)
DENIED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/8",  # unspecified, IPv4-compatible and -translated, NAT64 of local use (64:ff9b:1::/48)
            "100::/8",  # discard-only and the rest of an unassigned block
            "2001::/23",  # Teredo, ORCHID and the other special assignments
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")


def destination(url: str, resolve: Resolve, policy: AddressPolicy) -> Destination:
    """The checked destination of `url`. Every address of the name must be allowed, or none is used.

    Raises AddressRefused (saying why, in words for the company), NameNotFound, and whatever `resolve` raises.
    """
    scheme, host, port, target = read_url(url, policy)
    literal = _literal(host)
    addresses = (literal,) if literal else resolve(host, port)
    if not addresses:
        raise NameNotFound("{host} has no address.", host=host)
    for address in addresses:
        reason = refusal_of(address, policy)
        if reason:
            raise AddressRefused("{host} leads to {address}: {reason}.", host=host, reason=reason, address=address)
    if scheme == "http" and not all(_is_opened(address, policy) for address in addresses):
        raise AddressRefused("Orders travel over https; plain http is for addresses the operator opened.")
    return Destination(scheme, host, port, target, tuple(dict.fromkeys(addresses)))


def read_url(url: str, policy: AddressPolicy) -> tuple[str, str, int, str]:
    """Scheme, host, port and request target of a URL in its plainest spelling. Raises AddressRefused for any other."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused("The address may hold printable ASCII only; write an international name as xn--….")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("The address cannot be read: {why}.", why=str(error)) from None
    if parts.scheme not in DEFAULT_PORTS or not url.startswith(f"{parts.scheme}://"):
        raise AddressRefused("The address must begin with https://.")
    if "@" in parts.netloc or "#" in url:
        raise AddressRefused("The address may carry no user name, password or fragment.")
    host = (parts.hostname or "").lower()
    if parts.netloc.endswith(":") or not _is_plain_host(host, bracketed="[" in parts.netloc):
        raise AddressRefused("The host must be a full name or an IP address in its usual spelling.")
    if host == LOOPBACK_NAME and not policy.allow_loopback:
        raise AddressRefused("This machine itself is never an address of a company.")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in DEFAULT_PORTS.values() and port < 1024:
        raise AddressRefused("Port {port} belongs to another service; use 443 or one from 1024.", port=port)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not TARGET.fullmatch(target):
        raise AddressRefused("The path holds characters that must be percent-encoded.")
    return parts.scheme, host, port, target


def refusal_of(address: str, policy: AddressPolicy) -> Said | None:
    """Why nothing is sent to this IP address, or None when it may be connected to."""
    if "%" in address:
        return Said("an address with a zone belongs to one network card")
    try:
        judged = _unwrapped(ip_address(address))
    except ValueError:
        return Said("it is no IP address")
    if _within(judged, METADATA):
        return Said("link-local and metadata addresses are never allowed")
    if _within(judged, LOOPBACK):
        return None if policy.allow_loopback else Said("this machine itself is never allowed")
    if _within(judged, PRIVATE):
        return (
            None
            if _within(judged, policy.private_networks)
            else Said("private networks must be opened by the operator")
        )
    if _within(judged, DENIED) or judged.is_multicast or not judged.is_global:
        return Said("it is no public address")
    return None


def _is_opened(address: str, policy: AddressPolicy) -> bool:
    judged = _unwrapped(ip_address(address))
    return _within(judged, LOOPBACK) or _within(judged, policy.private_networks)


def _within(address: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that a mapped or translated one reaches. The other forms that carry one are denied whole."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _is_plain_host(host: str, bracketed: bool) -> bool:
    if bracketed:
        return ":" in host and "%" not in host and _literal(host) is not None
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # what inet_aton would read as a number
        return _literal(host) == host
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        return False
    return len(labels) > 1 or host == LOOPBACK_NAME
