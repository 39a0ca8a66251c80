"""Sends replies from the outbox: deleted once Kafka has confirmed them, so at least once and in no promised order."""

from chassis.kafka.clients import KafkaProducer
from chassis.observe.metrics import RELAY_PUBLISHED
from chassis.postgres.pool import Pool

BATCH = 100
PATIENCE_S = 10
"""How long the rows stay locked while Kafka does not answer."""

TAKE = "select no, topic, key, headers, value from public.outbox order by no limit %s for update skip locked"
DONE = "delete from public.outbox where no = any(%s)"


def send_outbox(pool: Pool, producer: KafkaProducer) -> int:
    """Sends up to 100 messages and returns how many. Raises KafkaError: then none of them was deleted."""
    with pool.transaction() as cursor:
        cursor.execute(TAKE, (BATCH,))
        rows = cursor.fetchall()
        sent = [
            producer.send(topic, key=key, value=value, headers=[(name, text.encode()) for name, text in headers])
            for _, topic, key, headers, value in rows
        ]
        for future in sent:
            future.get(timeout=PATIENCE_S)
        cursor.execute(DONE, ([row[0] for row in rows],))
    for row in rows:
        RELAY_PUBLISHED.labels(row[1]).inc()
    return len(rows)
