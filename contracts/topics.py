"""Every Kafka topic: who writes it, who reads it, how it is kept. Broker settings and ACLs are generated from here."""

from dataclasses import dataclass

SERVICES = ("registry", "inspection", "enforcement", "reporting", "notify")

EVENT_PARTITIONS = 12
"""Fixed from the start: adding partitions later would break the order per key."""

AGENCIES_ON_THE_BUS = {"inspection": ("ppd",)}
"""Which agencies' own systems talk to which service over command and reply topics (codes of law/provinces)."""

COMMANDS_ON_THE_BUS = {
    "inspection": (
        "inspection.accept-invitation",
        "inspection.decline-invitation",
        "inspection.record-violation",
        "inspection.conclude-inspection",
        "inspection.approve-programme",
    )
}
"""What their systems may ask for. Asking is no power: the last is the committee's, whoever asks (HD-2.6b)."""

FOR_EVER_MS = -1
THIRTY_DAYS_MS = 30 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Topic:
    """One topic: its name, how many partitions, and who writes and reads it."""

    name: str
    partitions: int
    writers: tuple[str, ...]
    """Kafka users: a service's name, or `agency.<code>`."""
    readers: tuple[str, ...]
    retention_ms: int = FOR_EVER_MS


EVENTS = "events.v1"
"""How the name of an events topic goes on after its service."""


def events_topic(service: str) -> str:
    return f"{service}.{EVENTS}"


def heads_topic(service: str) -> str:
    return f"{service}.heads.v1"


def commands_topic(service: str, agency: str) -> str:
    return f"{service}.commands.{agency}.v1"


def replies_topic(service: str, agency: str) -> str:
    return f"{service}.replies.{agency}.v1"


def agency_user(agency: str) -> str:
    """The Kafka user of an agency's own system."""
    return f"agency.{agency}"


def all_topics() -> tuple[Topic, ...]:
    """In a stable order: events and heads of each service, then the agencies' topics."""
    topics = []
    for service in SERVICES:
        topics.append(Topic(events_topic(service), EVENT_PARTITIONS, writers=(service,), readers=SERVICES))
        topics.append(Topic(heads_topic(service), 1, writers=(service,), readers=("reporting",)))
    for service, agencies in AGENCIES_ON_THE_BUS.items():
        for agency in agencies:
            user = agency_user(agency)
            topics.append(Topic(commands_topic(service, agency), 1, (user,), (service,), THIRTY_DAYS_MS))
            topics.append(Topic(replies_topic(service, agency), 1, (service,), (user,), THIRTY_DAYS_MS))
    return tuple(topics)
