"""One check after every fault, in the manner of Jepsen: once all is healed and drained, does everything fit together?

The log of each service is held against Kafka (`checker_topics`), against every read model (`checker_projections`),
against what other services and the companies' endpoints made of it (`checker_effects`), and against what the clients
were told (`checker_clients`). Nothing lost, nothing doubled, order kept.
"""

import time
from collections.abc import Mapping, Sequence

from chassis.consume import views
from chassis.kafka.clients import KafkaSettings
from tests.support.checker_clients import broken_promises
from tests.support.checker_effects import broken_chains_of_events, doubled_effects, wrong_deliveries
from tests.support.checker_log import CheckedService, broken_chain
from tests.support.checker_projections import folds_of
from tests.support.checker_topics import Witness, new_records
from tests.support.load import History
from tests.support.misbehaving import Receiver
from tests.support.verdict import Verdict
from tests.support.waiting import wait_until

DRAIN_LIMIT_S = 60
SHOWN = 12
PENDING = """
select (select count(*) from public.unsequenced), (select count(*) from public.outbox),
       coalesce((select max(position) from public.log), 0)
           - coalesce((select position from public.relay_cursor where topic = %s), 0),
       (select count(*) from public.timer where fired_at is null and due_at < clock_timestamp())
"""
WATERMARKS = "select topic, partition, position from public.watermark where consumer = %s"
WAITING = "select count(*) from public.webhook where state = 'waiting'"
WHY_WAITING = """
select message_id::text, attempts, last_error,
       extract(epoch from next_attempt_at - clock_timestamp())::float8,
       extract(epoch from lane.due_at - clock_timestamp())::float8,
       extract(epoch from lane.leased_until - clock_timestamp())::float8,
       case when endpoint.endpoint_id is null then 'unknown' when endpoint.suspended then 'suspended'
            when endpoint.verified then 'verified' else 'not verified' end
from public.webhook left join public.lane using (endpoint_id, order_id)
    left join read.endpoint on endpoint.endpoint_id = webhook.endpoint_id
where state = 'waiting' order by webhook.no limit 3
"""
STOPPED = "select consumer, topic, partition, reason, detail from public.stopped"
PARKED = "select consumer, type, reason, detail from public.parked where state in ('parked', 'retry')"


class Checker:
    """Remembers how far it came: each check looks at everything, and reads only what is new."""

    def __init__(
        self,
        services: Sequence[CheckedService],
        kafka: KafkaSettings,
        history: History,
        receivers: Sequence[Receiver] = (),
        relayed: bool = True,
    ) -> None:
        """`relayed`: False when a test wrote to the topics by itself: they are then not held against the logs."""
        self.services = {service.name: service for service in services}
        self.witnesses = {service.name: Witness(service.topic) for service in services if relayed}
        self._kafka = kafka
        self._history = history
        self._receivers = receivers
        self.verdicts: list[Verdict] = []
        """What each check found."""
        self._folds = [fold for service in services for fold in folds_of(service)]

    def start_over(self) -> None:
        """Forgets what it read, and its own schemas: a database is about to be replaced, a topic to be made again."""
        for service in self.services.values():
            service.facts.clear()
        self.witnesses = {name: Witness(witness.topic) for name, witness in self.witnesses.items()}
        for fold in self._folds:
            fold.start_over()

    def check(self, limit_s: float = DRAIN_LIMIT_S, *, waiting: bool = False) -> None:
        """Waits until everything is drained, then raises AssertionError with what does not fit.

        `waiting`: messages may be parked until a person decides.
        """
        begun = time.monotonic()
        self.wait_until_drained(limit_s)
        recovered_s = time.monotonic() - begun
        wrong = self.differences() + ([] if waiting else self.set_aside())
        sent_twice = sum(witness.duplicates for witness in self.witnesses.values())
        self.verdicts.append(Verdict(recovered_s, sent_twice, tuple(wrong)))
        assert not wrong, f"{len(wrong)} things do not fit together:\n" + "\n".join(wrong[:SHOWN])

    def wait_until_drained(self, limit_s: float = DRAIN_LIMIT_S) -> None:
        """Until nothing is on its way any more, in two looks with nothing new between them."""
        before: Mapping[str, int] | None = None

        def drained() -> bool:
            nonlocal before
            left = self._left()
            assert not left, "; ".join(left)
            heads, known = self._heads(), before
            before = heads
            return heads == known

        wait_until(drained, limit_s, "everything is drained", every_s=0.1)

    def forget_topic(self, service: str) -> None:
        """It was deleted: whatever comes into the new one is expected from the first event on."""
        self.witnesses[service] = Witness(self.services[service].topic)

    def differences(self) -> list[str]:
        """What does not fit. Call it when everything is drained."""
        records = new_records(self._kafka, self.witnesses.values()) if self.witnesses else {}
        services = list(self.services.values())
        for service in services:
            service.read_on()
        wrong = [line for service in services for line in broken_chain(service)]
        for name, witness in self.witnesses.items():
            wrong += witness.differences(self.services[name], records[witness.topic])
        sources = {service.topic: service for service in services}
        wrong += [line for fold in self._folds for line in fold.differences(sources)]
        wrong += doubled_effects(services)
        wrong += broken_chains_of_events(self.services)
        wrong += wrong_deliveries(self.services, self._receivers)
        wrong += [line for service in services for line in broken_promises(service, self._history.calls())]
        for service in services:
            wrong += [f"{service.name} stands still: {row}" for row in service.rows(STOPPED)]
        return wrong

    def set_aside(self) -> list[str]:
        """Messages that wait for a person."""
        services = self.services.values()
        return [f"{service.name} set aside: {row}" for service in services for row in service.rows(PARKED)]

    def _heads(self) -> dict[str, int]:
        sql = "select coalesce(max(position), 0) from public.log"
        return {name: service.value(sql) for name, service in self.services.items()}

    def _left(self) -> list[str]:
        """What is still on its way, one line each."""
        ends = {service.topic: service.last_of_each_partition() for service in self.services.values()}
        left = []
        for service in self.services.values():
            names = ("events without a position", "replies", "events not on Kafka", "timers due")
            left += [
                f"{service.name}: {count} {name}"
                for name, count in zip(names, service.rows(PENDING, service.topic)[0], strict=True)
                if count
            ]
            left += self._behind(service, ends)
            if service.name == "notify" and (waiting := service.value(WAITING)):
                left.append(f"notify: {waiting} webhooks wait ({', '.join(why_waiting(service))})")
        return left

    def _behind(self, service: CheckedService, ends: Mapping[str, Mapping[int, int]]) -> list[str]:
        left = []
        with service.cursor() as cursor:
            for consumer in service.consumers:
                cursor.execute(WATERMARKS, (views.where(cursor, consumer).rows,))
                at = {(topic, partition): position for topic, partition, position in cursor.fetchall()}
                left += [
                    f"{consumer.name} is at {at.get((topic, partition))} of {end} in {topic}/{partition}"
                    for topic in consumer.topics
                    for partition, end in ends.get(topic, {}).items()
                    if at.get((topic, partition), 0) < end
                ]
        return left


def why_waiting(notify: CheckedService) -> list[str]:
    """The oldest three messages that wait, in words; times from now, in seconds."""
    return [
        f"{message} after {attempts} attempts, last error {error!r}, next attempt {_from_now(next_at)}, "
        f"lane due {_from_now(due)}, leased {_from_now(leased)}, endpoint {endpoint}"
        for message, attempts, error, next_at, due, leased, endpoint in notify.rows(WHY_WAITING)
    ]


def _from_now(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:+.1f} s"
