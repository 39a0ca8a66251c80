"""What carries one attempt to an endpoint and back. The real one is `http_sender.py`; its twin in memory stands with
the suite that both pass, in tests/conformance/sender/."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

MAX_KEPT = 2 * 1024
"""Bytes of an answer that are kept for the delivery log."""


class LookUpFailed(Exception):
    """The name servers gave no usable answer; the text says what."""


class Fault(StrEnum):
    """Whose matter a failed attempt is: `ours` calls our operator, `theirs` the company."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Post:
    """One attempt. `headers` besides those that belong to HTTP itself."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. Without a status there was no answer, and `error` says why, in plain words."""

    duration_s: float
    status: int | None = None
    answer: bytes = b""
    """The first bytes of the answer's body, at most MAX_KEPT, as they came."""
    retry_after: str | None = None
    """The Retry-After header as it came."""
    error: str | None = None
    fault: Fault | None = None

    @property
    def received(self) -> bool:
        """2xx, whatever else the answer says."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """410: the company wants nothing more at this address."""
        return self.status == 410


class Sender(Protocol):
    def check(self, url: str) -> None:
        """Looks the address up as a delivery would, and sends nothing.

        Raises AddressRefused, NameNotFound, LookUpFailed, TimeoutError.
        """

    def send(self, post: Post) -> Outcome:
        """Makes one attempt within the sender's deadline. Raises nothing for whatever an endpoint does."""
