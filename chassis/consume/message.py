"""One message of the bus as a consumer sees it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.envelope import Envelope, Event

E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event of the catalogue with what surrounds it, and where on Kafka it stood."""

    envelope: Envelope
    event: E_co
    topic: str
    partition: int
    offset: int
