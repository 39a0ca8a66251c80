"""Documented ports for `make run`, free ones for tests; everything listens on 127.0.0.1.

PORT_BASE (21000)    +0   PostgreSQL
                     +1   Kafka, clients
                     +2   Kafka, controller
                     +10  registry, HTTP        +20  registry, work process (health and metrics)
                     +11  inspection            +21
                     +12  enforcement           +22
                     +13  reporting             +23
                     +14  notify                +24
                     +30  Prometheus, if asked for (MONITORING=1)
                     +40  sample programs of the companies, ten ports
"""

import os
import secrets
import socket
from dataclasses import dataclass

from contracts.topics import SERVICES
from deploy.local.stack.errors import PortTaken, StackError

DEFAULT_BASE = 21000
COMPANIES = 10


@dataclass(frozen=True)
class Ports:
    """One port each; the maps are keyed by service."""

    postgres: int
    kafka: int
    controller: int
    http: dict[str, int]
    metrics: dict[str, int]
    prometheus: int
    companies: tuple[int, ...]

    def named(self) -> dict[str, int]:
        """Every port under a name a person understands."""
        return {
            "PostgreSQL": self.postgres,
            "Kafka": self.kafka,
            "Kafka's controller": self.controller,
            **{f"{service}, HTTP": port for service, port in self.http.items()},
            **{f"{service}, work process": port for service, port in self.metrics.items()},
            "Prometheus": self.prometheus,
            **{f"sample company {index + 1}": port for index, port in enumerate(self.companies)},
        }


def base_from_environment() -> int:
    """`PORT_BASE`, 21000 if unset or empty. Raises StackError when it is no usable number."""
    text = os.environ.get("PORT_BASE") or str(DEFAULT_BASE)
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65000:
        raise StackError(f"PORT_BASE is {text!r}; give a number from 1024 to 65000")
    return int(text)


def documented(base: int = DEFAULT_BASE) -> Ports:
    return _from(range(base, base + 50))


def free() -> Ports:
    """Ports that were free a moment ago, below the range the kernel gives to outgoing connections."""
    return _from(_free_block(50))


def require_free(ports: Ports) -> None:
    """Raises PortTaken with the name of the first port in use."""
    for name, port in ports.named().items():
        if not is_free(port):
            raise PortTaken(
                f"port {port} ({name}) is taken by another program; choose another range, e.g. PORT_BASE=22000 make run"
            )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _from(block: range) -> Ports:
    return Ports(
        postgres=block[0],
        kafka=block[1],
        controller=block[2],
        http=dict(zip(SERVICES, block[10:15], strict=True)),
        metrics=dict(zip(SERVICES, block[20:25], strict=True)),
        prometheus=block[30],
        companies=tuple(block[40 : 40 + COMPANIES]),
    )


def _free_block(size: int) -> range:
    """Begins at a random place: runs beside each other, in other process namespaces too, should not meet."""
    low, high = 23000, 32000
    start = secrets.randbelow(high - low - size)
    for offset in range(0, high - low - size, size):
        first = low + (start + offset) % (high - low - size)
        if all(is_free(port) for port in range(first, first + size)):
            return range(first, first + size)
    raise PortTaken(f"no {size} free ports in a row between {low} and {high}")
