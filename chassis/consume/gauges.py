"""What a consumer shows of itself, under the names of `chassis/observe/metrics.py`."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chassis.consume.batch import Batch
from chassis.consume.broker import Partition
from chassis.consume.message import Received
from chassis.consume.order import Order
from chassis.observe import metrics


class Gauges:
    """One consumer's metrics. Called once per batch or less often."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._latency: dict[str, Any] = {}
        self._duplicates = metrics.DUPLICATE_EVENTS.labels(consumer)
        self._rebalances = metrics.CONSUMER_REBALANCES.labels(consumer)
        self._skew = metrics.CLOCK_SKEW.labels(consumer)
        self._duration = {
            outcome: metrics.HANDLER_DURATION.labels(consumer, outcome) for outcome in ("ok", "refused", "error")
        }
        self._lag = metrics.CONSUMER_LAG_EVENTS.labels(consumer)
        self._age = metrics.CONSUMER_OLDEST_UNAPPLIED_AGE.labels(consumer)
        self._reasons: dict[Partition, str] = {}
        self._parked: set[str] = set()
        self._owned: set[Partition] = set()
        self._caught_up_at = time.time()

    def rebalanced(self) -> None:
        self._rebalances.inc()

    def committed(self, batch: Batch, took_s: float) -> None:
        failed = any(aside.first_cause for aside in batch.set_aside)
        self._duration["error" if failed else "ok"].observe(took_s)
        self._duplicates.inc(batch.duplicates)
        for aside in batch.set_aside:
            metrics.PARKED_MESSAGES_TOTAL.labels(self._consumer, aside.reason).inc()
        for (topic, version), count in batch.rejected.items():
            metrics.SCHEMA_REJECTIONS.labels(topic, version).inc(count)
        envelopes = [item.wanted.envelope for item in batch.dealt if isinstance(item.wanted, Received)]
        self._arrived(Counter((envelope.type, envelope.sequenced_at) for envelope in envelopes))

    def _arrived(self, events: Mapping[tuple[str, datetime], int]) -> None:
        """So many of a type and an instant: what was sequenced together has one."""
        now = datetime.now(UTC)
        for (kind, sequenced_at), count in events.items():
            if kind not in self._latency:
                self._latency[kind] = metrics.END_TO_END_LATENCY.labels(kind, self._consumer)
            seconds = (now - sequenced_at).total_seconds()
            if seconds < 0:
                self._skew.inc(count)
            metrics.observe_many(self._latency[kind], max(0.0, seconds), count)

    def stopped(self, partition: Partition, reason: str) -> None:
        self.goes_on(partition)  # a former reason
        self._reasons[partition] = reason
        metrics.CONSUMER_STOPPED.labels(self._consumer, *map(str, partition), reason).set(1)

    def goes_on(self, partition: Partition) -> None:
        reason = self._reasons.pop(partition, None)
        if reason is not None:
            metrics.CONSUMER_STOPPED.labels(self._consumer, *map(str, partition), reason).set(0)

    def looked(
        self, orders: Mapping[Partition, Order], ends: Mapping[Partition, int], waiting: Mapping[str, int]
    ) -> None:
        """Lag is what lies on the bus and was not dealt with, counted from where a restart would begin."""
        behind = {name: max(0, ends.get(name, 0) - order.stored_offset) for name, order in orders.items()}
        for (topic, number), messages in behind.items():
            metrics.CONSUMERGROUP_LAG.labels(self._consumer, topic, str(number)).set(messages)
        for topic, number in self._owned - behind.keys():
            metrics.CONSUMERGROUP_LAG.remove(self._consumer, topic, str(number))
        self._owned = set(behind)
        lag = sum(behind.values())
        if lag == 0:
            self._caught_up_at = time.time()
        self._lag.set(lag)
        self._age.set(time.time() - self._caught_up_at if lag else 0)
        for reason in self._parked | set(waiting):
            metrics.PARKED_MESSAGES.labels(self._consumer, reason).set(waiting.get(reason, 0))
        self._parked = set(waiting)
