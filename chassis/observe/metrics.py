"""Every metric of the chassis: name, type, labels, meaning. Services declare theirs with the same three functions.

`service` is a label of everything a process exposes. A labelled counter stands at 0 from the start of its process:
labels whose values are known here are filled at once, the others by `at_zero`. Labels never hold an id or an address.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from platform import python_version
from typing import Final, Literal, TypeVar

from prometheus_client import Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OPEN: Final[tuple[str, ...]] = ()
"""A label whose values are known only when the process starts: give them to `at_zero`."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Buckets of what somebody waits for."""
ANSWERS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""Buckets of requests: fewer, because every route and outcome has them."""
LATENCY: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Buckets of what travels between services."""
HOURS_AND_DAYS: Final = (60, 600, 3600, 4 * 3600, 86400, 2 * 86400, 5 * 86400, 10 * 86400, 30 * 86400, 90 * 86400)
"""Buckets of what people and agencies take, in seconds."""

Role = Literal["http", "work", "both"]
Metric = Counter | Gauge | Histogram
M = TypeVar("M", Counter, Gauge, Histogram)


@dataclass(frozen=True, slots=True)
class Declared:
    """One line of the catalogue. `on` is the process that exposes it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: dict[str, tuple[str, ...]]
    on: Role
    collector: Metric


CATALOGUE: Final[dict[str, Declared]] = {}


def counter(name: str, meaning: str, *, on: Role = "work", **labels: Iterable[str]) -> Counter:
    """`name` ends in `_total`. Each label comes with its known values, or OPEN."""
    if not name.endswith("_total"):
        raise ValueError(f"counter {name}: the name must end in _total")
    return _declare(name, "counter", meaning, on, labels, Counter(name, meaning, list(labels), registry=None))


def gauge(name: str, meaning: str, *, on: Role = "work", **labels: Iterable[str]) -> Gauge:
    """A value that goes up and down; read from a database only in `work`."""
    return _declare(name, "gauge", meaning, on, labels, Gauge(name, meaning, list(labels), registry=None))


def histogram(
    name: str, meaning: str, *, on: Role = "work", buckets: Iterable[float] = SECONDS, **labels: Iterable[str]
) -> Histogram:
    """Base units: seconds, bytes."""
    made = Histogram(name, meaning, list(labels), buckets=tuple(buckets), registry=None)
    return _declare(name, "histogram", meaning, on, labels, made)


def at_zero(metric: Metric, **values: str | Iterable[str]) -> None:
    """Makes the series of these label values exist; labels with known values need not be given.

    >>> at_zero(DUPLICATE_EVENTS, consumer=["registry.views", "registry.reactions"])
    """
    declared = next(line for line in CATALOGUE.values() if line.collector is metric)
    given = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()}
    for combination in product(*(given.get(name, known) for name, known in declared.labels.items())):
        metric.labels(*combination)


def observe_many(of: Histogram, amount: float, times: int) -> None:
    """`of.observe(amount)`, so many times at the price of one: prometheus-client has no such call."""
    of._sum.inc(amount * times)
    of._buckets[bisect_left(of._upper_bounds, amount)].inc(times)


def _declare(
    name: str,
    kind: Literal["counter", "gauge", "histogram"],
    meaning: str,
    on: Role,
    labels: dict[str, Iterable[str]],
    collector: M,
) -> M:
    if name in CATALOGUE:
        raise ValueError(f"metric {name} is declared twice")
    if "service" in labels:
        raise ValueError(f"metric {name}: every process adds the label service by itself")
    known = {label: tuple(values) for label, values in labels.items()}
    CATALOGUE[name] = Declared(name, kind, meaning, known, on, collector)
    if known and all(known.values()):
        at_zero(collector)
    return collector


class Exposition:
    """What one process answers at /metrics, for `service` in the role `http` or `work`."""

    def __init__(self, service: str, role: Literal["http", "work"]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # from a library without types
        try:
            ours = version("phoi-hop")
        except PackageNotFoundError:  # run from a checkout
            ours = "checkout"
        BUILD_INFO.labels(ours, python_version()).set(1)
        self.service, self.role = service, role
        self._process = ProcessCollector(registry=None)

    def text(self) -> bytes:
        """The exposition format of Prometheus, with the label `service` on every series."""
        return generate_latest(self)  # type: ignore[arg-type]

    def collect(self) -> Iterator[object]:
        """Called by `generate_latest`."""
        collectors: list[Collector] = [line.collector for line in CATALOGUE.values() if line.on in (self.role, "both")]
        for collector in (*collectors, self._process):
            for family in collector.collect():
                family.samples = [self._with_service(sample) for sample in family.samples]
                yield family

    def _with_service(self, sample: Sample) -> Sample:
        return sample._replace(labels={"service": self.service, **sample.labels})


def catalogue() -> list[Declared]:
    """Every declared metric by name, for documentation and for the tests of dashboards."""
    return [replace(CATALOGUE[name]) for name in sorted(CATALOGUE)]


OUTCOMES: Final = ("ok", "refused", "error")
"""`refused`: a clear no to the caller; `error`: our own failure."""

BUILD_INFO = gauge("phoihop_build_info", "1, with what runs", on="both", version=OPEN, python=OPEN)

# requests, on http
ENTRYPOINT_DURATION = histogram(
    "nameko_entrypoint_duration_seconds",
    "Time from the read request to its answer; _count is the rate, outcome=error the failures",
    on="http",
    buckets=ANSWERS,
    method=OPEN,
    kind=("command", "query", "upload"),
    outcome=OUTCOMES,
)
REQUESTS_REFUSED_AT_THE_DOOR = counter(
    "phoihop_requests_refused_at_the_door_total",
    "Requests that reached no entrypoint: unknown path, wrong method, too large, too slow, all workers busy; "
    "not-accepted: looks at a connection that the process could not take in",
    on="http",
    code=("no-such-path", "method-not-allowed", "body-too-large", "body-too-slow", "malformed", "busy", "not-accepted"),
)
WORKERS_RUNNING = gauge("nameko_workers_running", "Requests being worked on", on="http")
WORKERS_MAX = gauge("nameko_workers_max", "Requests that can be worked on at the same time", on="http")

# the database and what is tried again
DATABASE_FAILURES = counter(
    "phoihop_database_failures_total",
    "Transactions that the database broke off, and connections it refused: nothing is lost, but somebody waited",
    on="both",
    cause=(
        "deadlock",
        "serialization",
        "lock-timeout",
        "statement-timeout",
        "idle",
        "lost",
        "refused",
        "pool-exhausted",
        "other",
    ),
)
RETRIES = counter(
    "phoihop_worker_retries_total",
    "Steps of a worker that could not be done and are tried again; `person`: until somebody acts",
    worker=OPEN,
    cause=("database", "bus", "race", "person"),
)

# the measuring itself, on work
MEASURED_TIMESTAMP = gauge(
    "phoihop_measured_timestamp_seconds",
    "When the worker last read its gauges from the database; old: they show the past",
    worker=OPEN,
)

# the log and its relay, on work
UNSEQUENCED_EVENTS = gauge("phoihop_unsequenced_events", "Events stored that have no position in the log yet")
UNSEQUENCED_OLDEST_AGE = gauge(
    "phoihop_unsequenced_oldest_age_seconds", "Age of the oldest event stored that has no position in the log yet"
)
UNSEQUENCED_DEAD_ROWS = gauge(
    "phoihop_unsequenced_dead_rows",
    "Rows of that queue that are done and not swept away yet: many when autovacuum is off or a transaction stays open",
)
LOG_AHEAD_OF_CLOCK = gauge(
    "phoihop_log_ahead_of_clock_seconds",
    "How far the log's last time lies beyond the database's clock: above 0 after that clock was set back",
)
RELAY_PENDING_EVENTS = gauge("phoihop_relay_pending_events", "Events stored that Kafka has not confirmed yet")
RELAY_OLDEST_PENDING_AGE = gauge(
    "phoihop_relay_oldest_pending_age_seconds", "Age of the oldest event stored that Kafka has not confirmed yet"
)
LOG_POSITION = gauge(
    "phoihop_log_position", "The last position of the service's log in this partition", topic=OPEN, partition=OPEN
)
RELAY_HELD_PARTITIONS = gauge(
    "phoihop_relay_held_partitions",
    "Partitions that wait because Kafka refuses an event of theirs as too large; the others go on",
)
RELAY_PUBLISHED = counter("phoihop_relay_published_total", "Messages confirmed by Kafka", topic=OPEN)
RELAY_PUBLISH_FAILURES = counter(
    "phoihop_relay_publish_failures_total", "Times the relay gave up a batch and began again at its cursor", topic=OPEN
)

# consumers, on work
HANDLER_DURATION = histogram(
    "phoihop_handler_duration_seconds", "Time one batch or message takes", consumer=OPEN, outcome=OUTCOMES
)
CONSUMER_STOPPED = gauge(
    "phoihop_consumer_stopped",
    "1 while a consumer stands still on a partition until a person acts",
    consumer=OPEN,
    topic=OPEN,
    partition=OPEN,
    reason=OPEN,
)
CONSUMER_REBALANCES = counter(
    "phoihop_consumer_rebalances_total", "Times partitions were given to a consumer or taken from it", consumer=OPEN
)
CONSUMER_STOPPED_PARTITIONS = gauge(
    "phoihop_consumer_stopped_partitions",
    "Partitions that wait for a person; phoihop_consumer_stopped says which",
    consumer=OPEN,
)
CONSUMER_POSITION = gauge(
    "phoihop_consumer_position",
    "How far the consumer has dealt with this partition: its watermark in PostgreSQL. phoihop_log_position minus this "
    "is 0 when nothing is left, and never less than the events that are",
    consumer=OPEN,
    topic=OPEN,
    partition=OPEN,
)
CONSUMER_LAG_EVENTS = gauge(
    "phoihop_consumer_lag_events",
    "Messages that lie on the bus and were not dealt with, as the consumer itself last saw it; what the relay has not "
    "sent yet is not among them",
    consumer=OPEN,
)
CONSUMER_OLDEST_UNAPPLIED_AGE = gauge(
    "phoihop_consumer_oldest_unapplied_age_seconds",
    "Time since the consumer last saw nothing left on the bus, 0 while it sees nothing: no event waits longer",
    consumer=OPEN,
)
CONSUMERGROUP_LAG = gauge(
    "kafka_consumergroup_lag",
    "Kafka's own view of the lag, under the name other exporters use; -1 where nothing was committed",
    consumergroup=OPEN,
    topic=OPEN,
    partition=OPEN,
)
END_TO_END_LATENCY = histogram(
    "phoihop_event_end_to_end_latency_seconds",
    "From the event's place in the log to its effect in this consumer",
    buckets=LATENCY,
    event_type=OPEN,
    consumer=OPEN,
)
CLOCK_SKEW = counter(
    "phoihop_clock_skew_total", "Events that seemed to arrive before they were sequenced", consumer=OPEN
)
DUPLICATE_EVENTS = counter(
    "phoihop_duplicate_events_total", "Messages met again and skipped: idempotency at work", consumer=OPEN
)
PARKED_MESSAGES = gauge(
    "phoihop_parked_messages", "Messages set aside that wait for a person", consumer=OPEN, reason=OPEN
)
PARKED_MESSAGES_TOTAL = counter(
    "phoihop_parked_messages_total", "Messages set aside since the process started", consumer=OPEN, reason=OPEN
)
SCHEMA_REJECTIONS = counter(
    "phoihop_schema_rejections_total",
    "Messages of no known type, version or shape",
    topic=OPEN,
    version=OPEN,
)

# timers, on work
TIMERS_OVERDUE = gauge("phoihop_timers_overdue", "Timers that are due and have not fired")
