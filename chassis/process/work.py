"""The `work` process: sequencer, relay, timers, one thread per consumer, and what else a service lets work.

Crash-only: what nobody foresaw ends the process with one line in the log, and its supervisor starts it again. SIGTERM
and SIGINT let every thread finish its step, within ten seconds.
"""

import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Lock

import structlog

from chassis.consume import progress, views
from chassis.consume.consumer import Consumer
from chassis.consume.failures import cause_of, is_transient
from chassis.consume.kafka_broker import KafkaBroker
from chassis.consume.loop import ConsumerLoop
from chassis.kafka import topics
from chassis.kafka.clients import KafkaError, KafkaSettings
from chassis.launch import CHASSIS_MIGRATIONS
from chassis.observe import metrics
from chassis.observe.doors import Check, Doors
from chassis.postgres import health
from chassis.postgres.pool import Pool
from chassis.process.drive import Driver, Step
from chassis.relay import lag
from chassis.relay.ahead import KafkaIsAhead, WrongPartitions
from chassis.relay.relay import Relay
from chassis.settings import CannotStart, Settings
from chassis.store.commands import Commands
from chassis.store.sequencer import LogWentBack, Sequencer
from chassis.timers.clocks import CLOCKS, Clocks
from chassis.timers.worker import Manager, TimerHandler, Timers
from contracts import catalogue
from contracts.catalogue import TypeKey
from contracts.envelope import Event

DRAIN_S = 9.0
MEASURE_EVERY_S = 5.0
TOPICS_EVERY_S = 60.0
REASONS = ("behind", "error", "invalid", "malformed", "refused")
"""Why messages are set aside; the label values of the metrics."""

AtStart = Callable[[Pool], None]


@dataclass(frozen=True)
class Worker:
    """Something a service lets work in a thread of its own; `idle_s` is the pause when it had nothing to do, which
    `news` ends.
    """

    name: str
    step: Step
    idle_s: float = 0.1
    news: Flag | None = None


class Work:
    """What `bootstrap.work` gives back.

    timers: kinds of timers and what they set off. measures: sets the service's own gauges, from a pool of its own.
    workers: further threads. at_start: called once the process runs, in order, tried again while the database is away.
    migrations: the service's own folders. checks: further conditions of being ready. Process managers among the
    consumers get their timers by themselves.
    """

    def __init__(
        self,
        settings: Settings,
        commands: Commands,
        consumers: Sequence[Consumer],
        *,
        timers: Mapping[str, TimerHandler] | None = None,
        measures: Step | None = None,
        workers: Iterable[Worker] = (),
        at_start: Sequence[AtStart] = (),
        migrations: Iterable[Path] = (),
        checks: Iterable[Check] = (),
        clocks: Clocks = CLOCKS,
        events: Callable[[], Mapping[TypeKey, type[Event]]] = catalogue.events,
    ) -> None:
        self._settings, self._consumers = settings, tuple(consumers)
        self._log = structlog.get_logger("chassis.process")
        self._stop = Flag()
        self._code = 0
        kafka = KafkaSettings(settings.kafka_bootstrap_servers, settings.kafka_username, settings.kafka_password)
        name = settings.service
        self._pool = Pool(
            settings.database_url,
            size=len(self._consumers) + 6,
            statement_timeout_s=60,
            application_name=f"{name} work",
        )
        managers = [found for found in (consumer.member for consumer in consumers) if isinstance(found, Manager)]
        timer_worker = Timers(self._pool, commands, timers or {}, managers, clocks)
        relay = Relay(self._pool, name, kafka)
        sequenced = Flag()
        sequencer = _OnceKafkaWasSeen(Sequencer(self._pool, name), relay, sequenced)
        found = [
            Worker(f"{name}.sequencer", sequencer, 0.007),
            Worker(f"{name}.relay", relay, 0.1, sequenced),
            Worker(f"{name}.timers", timer_worker, 0.2),
            _measuring(f"{name}.measures", _Measures(self._pool, name, self._consumers, timer_worker)),
        ]
        if measures is not None:
            found.append(_measuring(f"{name}.own-measures", measures))
        for consumer in self._consumers:
            broker = KafkaBroker(kafka, consumer.name, consumer.topics)
            loop = ConsumerLoop(consumer, self._pool, broker, hole_after_s=settings.hole_seconds, events=events)
            found.append(Worker(consumer.name, loop, 0))
            _at_zero(consumer)
        if at_start:
            found.append(Worker(f"{name}.at-start", _AtStart(self._pool, at_start), 1.0))
        self._drivers = [
            Driver(worker.name, worker.step, worker.idle_s, passes, self._stop, self._crash, cause, worker.news)
            for worker in (*found, *workers)
        ]
        folders = (*CHASSIS_MIGRATIONS, *migrations)
        self._checks = (
            Check("database", lambda: "; ".join(health.problems(self._pool, folders)) or None),
            Check("workers", self._problems),
            Check("topics", _Topics(kafka, name)),
            *checks,
        )

    def run(self) -> int:
        """Until SIGTERM, SIGINT or a crash; answers the exit code. Raises CannotStart. Call it from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._check_tables()
        exposition = metrics.Exposition(self._settings.service, "work")
        doors = Doors(exposition, self._checks, self._settings.host, self._settings.metrics_port)
        doors.start()
        for driver in self._drivers:
            driver.start()
        self._log.info("working", workers=[driver.name for driver in self._drivers], port=doors.port)
        while not self._stop.wait(0.5):
            pass
        deadline = time.monotonic() + DRAIN_S
        late = [driver.name for driver in self._drivers if not driver.join(deadline - time.monotonic())]
        if late:
            self._log.warning("these did not end in time", workers=late)
        doors.stop()
        self._pool.close()
        return self._code

    def _check_tables(self) -> None:
        try:
            with self._pool.transaction(read_only=True) as cursor:
                for consumer in self._consumers:
                    views.where(cursor, consumer)
        except views.NotInstalled as missing:
            raise CannotStart(str(missing)) from None
        except Exception as error:
            if not is_transient(error):
                raise CannotStart(" ".join(str(error).split())) from None

    def _problems(self) -> str | None:
        return "; ".join(found for driver in self._drivers if (found := driver.problem())) or None

    def _crash(self, name: str, error: BaseException) -> None:
        self._code = 1
        self._log.critical(
            "the process ends",
            worker=name,
            why=f"{type(error).__name__}: {' '.join(str(error).split())}",
            exc_info=error,
        )
        self._stop.set()


class _Topics:
    """Wrong partition counts and absent topics; asked anew now and then, because asking takes a connection.

    While Kafka is away the last answer stands: the workers wait for it, that makes nobody unready.
    """

    def __init__(self, kafka: KafkaSettings, service: str) -> None:
        self._kafka, self._service = kafka, service
        self._problems: list[str] | None = None
        self._ask_at = 0.0
        self._turn = Lock()

    def __call__(self) -> str | None:
        with self._turn:
            if time.monotonic() >= self._ask_at:
                self._look()
            return "; ".join(self._problems or []) or None

    def _look(self) -> None:
        try:
            self._problems = topics.readiness_problems(self._kafka, self._service)
        except KafkaError as error:
            if self._problems is None:
                self._problems = [f"Kafka cannot be asked: {error}"]
        self._ask_at = time.monotonic() + (TOPICS_EVERY_S if not self._problems else 1.0)


def passes(error: BaseException) -> bool:
    """What is waited out: the database or Kafka away, lost races, and what a person will put right meanwhile."""
    return is_transient(error) or isinstance(error, KafkaError | KafkaIsAhead | WrongPartitions | LogWentBack)


def cause(error: BaseException) -> str:
    """What was in the way, for the metrics: of the relay's errors too, which are Kafka's own."""
    return "bus" if isinstance(error, KafkaError) else cause_of(error)


@dataclass
class _OnceKafkaWasSeen:
    """Gives no positions before the relay has held Kafka against the log: after a restore it would give them twice.

    Nothing is later for it: what has a position reaches nobody but over Kafka. Positions given wake the relay, which
    otherwise looks by itself ten times a second, for replies and for what another process sequenced.
    """

    sequencer: Sequencer
    relay: Relay
    sequenced: Flag

    def run_once(self) -> int:
        try:
            done = self.sequencer.run_once() if self.relay.has_looked else 0
        except LogWentBack:
            self.relay.has_looked = False
            raise
        if done:
            self.sequenced.set()
        return done


class _Measures:
    """Gauges that are read from the database; they belong to this process alone."""

    def __init__(self, pool: Pool, service: str, consumers: Sequence[Consumer], timers: Timers) -> None:
        self._pool, self._service, self._consumers, self._timers = pool, service, consumers, timers

    def run_once(self) -> int:
        lag.measure(self._pool, self._service)
        progress.measure(self._pool, self._consumers)
        self._timers.measure()
        return 0


@dataclass
class _Measured:
    """Says when its step last measured."""

    name: str
    step: Step
    close: Callable[[], None] = field(init=False)

    def __post_init__(self) -> None:
        metrics.at_zero(metrics.MEASURED_TIMESTAMP, worker=self.name)
        self.close = getattr(self.step, "close", lambda: None)

    def run_once(self) -> int:
        done = self.step.run_once()
        metrics.MEASURED_TIMESTAMP.labels(self.name).set(time.time())
        return done


def _measuring(name: str, step: Step) -> Worker:
    return Worker(name, _Measured(name, step), MEASURE_EVERY_S)


class _AtStart:
    """Does each thing once; one that fails is tried again before the next."""

    def __init__(self, pool: Pool, things: Sequence[AtStart]) -> None:
        self._pool = pool
        self._left = list(things)

    def run_once(self) -> int:
        if not self._left:
            return 0
        self._left[0](self._pool)
        del self._left[0]
        return 1


def _at_zero(consumer: Consumer) -> None:
    metrics.at_zero(metrics.PARKED_MESSAGES, consumer=consumer.name, reason=REASONS)
    metrics.at_zero(metrics.PARKED_MESSAGES_TOTAL, consumer=consumer.name, reason=REASONS)
    metrics.at_zero(metrics.SCHEMA_REJECTIONS, topic=consumer.topics, version=("1", "none"))
