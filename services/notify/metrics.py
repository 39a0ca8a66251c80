"""The metrics of notify, beside those every service has."""

from chassis.observe.metrics import counter, gauge, histogram
from chassis.postgres.pool import Pool

OUTCOMES = ("delivered", "retried", "escalated", "rejected")
"""`rejected`: the endpoint said 410 and was suspended."""

DELIVERIES = counter("phoihop_webhook_deliveries_total", "Attempts to deliver a webhook", outcome=OUTCOMES)
DELIVERY_DURATION = histogram(
    "phoihop_webhook_delivery_duration_seconds", "Time one attempt takes, name look-up to answer", outcome=OUTCOMES
)
ATTEMPTS = histogram(
    "phoihop_webhook_attempts",
    "Attempts a message took until it was delivered or escalated",
    buckets=(1, 2, 3, 5, 8, 13),
    outcome=("delivered", "escalated"),
)
FENCED = counter(
    "phoihop_webhook_fenced_total", "Results thrown away because another worker had leased the lane meanwhile"
)
PENDING = gauge("phoihop_webhook_pending", "Messages that are not delivered yet, those held and escalated too")
OLDEST_PENDING_AGE = gauge(
    "phoihop_webhook_oldest_pending_age_seconds", "Age of the oldest message that is not delivered yet"
)
ENDPOINTS_DISABLED = gauge("phoihop_webhook_endpoints_disabled", "Suspended endpoints: their messages are held")

READ = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(made_at)), 0),
       (select count(*) from endpoint where suspended)
from webhook where state <> 'delivered'
"""


class Measures:
    """Sets the gauges from the queue; they belong to `work`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def run_once(self) -> int:
        with self._pool.transaction(read_only=True) as cursor:
            cursor.execute(READ)
            row = cursor.fetchone()
        assert row is not None
        for metric, value in zip((PENDING, OLDEST_PENDING_AGE, ENDPOINTS_DISABLED), row, strict=True):
            metric.set(float(value))
        return 0
