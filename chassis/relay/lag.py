"""How much of what was stored has no position yet, and how much of the log is not on Kafka yet."""

from chassis.observe.metrics import (
    LOG_AHEAD_OF_CLOCK,
    LOG_POSITION,
    RELAY_HELD_PARTITIONS,
    RELAY_OLDEST_PENDING_AGE,
    RELAY_PENDING_EVENTS,
    UNSEQUENCED_DEAD_ROWS,
    UNSEQUENCED_EVENTS,
    UNSEQUENCED_OLDEST_AGE,
)
from chassis.postgres.pool import Pool
from contracts.topics import EVENT_PARTITIONS, events_topic

# Ages are of the moment of recording: positions keep the hour that the clock was ahead once, for an hour.
LAG = """
with relayed as (select coalesce((select position from public.relay_cursor where topic = %(topic)s), 0) as position),
     held as (select key::smallint as partition, value::bigint as position
              from public.relay_cursor, jsonb_each_text(held) where topic = %(topic)s),
     waiting as (select l.position from held h join public.log l using (partition), relayed r
                 where l.position between h.position and r.position)
select (select count(*) from public.unsequenced),
       coalesce((select greatest(0, extract(epoch from clock_timestamp() - recorded_at)) from public.event
                 where event_no = (select min(event_no) from public.unsequenced)), 0)::float8,
       coalesce((select max(position) from public.log), 0) - relayed.position + (select count(*) from waiting),
       coalesce(extract(epoch from clock_timestamp() - (
           select e.recorded_at from public.log l join public.event e using (event_no)
           where l.position >= least(relayed.position + 1, (select min(position) from waiting))
           order by l.position limit 1
       )), 0)::float8,
       (select count(*) from held),
       pg_stat_get_dead_tuples('public.unsequenced'::regclass),
       coalesce(extract(epoch from (
           select sequenced_at from public.log order by position desc limit 1) - clock_timestamp()), 0)::float8
from relayed
"""

HEADS = """
select p.no, coalesce((select max(position) from public.log where partition = p.no), 0)
from generate_series(0, %s - 1) p (no)
"""


def measure(pool: Pool, service: str) -> tuple[int, int, float]:
    """Sets the gauges of the log; returns (unsequenced events, events not on Kafka, the oldest one's age in s)."""
    with pool.statements() as cursor:
        cursor.execute(LAG, {"topic": events_topic(service)})
        row = cursor.fetchone()
        cursor.execute(HEADS, (EVENT_PARTITIONS,))
        heads = cursor.fetchall()
    assert row is not None
    unsequenced, unsequenced_age_s, pending, age_s, held, dead, ahead_s = row
    UNSEQUENCED_EVENTS.set(unsequenced)
    UNSEQUENCED_OLDEST_AGE.set(unsequenced_age_s)
    RELAY_PENDING_EVENTS.set(unsequenced + pending)  # without a place it cannot be sent: a sequencer may wait for Kafka
    RELAY_OLDEST_PENDING_AGE.set(max(0.0, age_s, unsequenced_age_s))
    RELAY_HELD_PARTITIONS.set(held)
    UNSEQUENCED_DEAD_ROWS.set(dead)
    LOG_AHEAD_OF_CLOCK.set(max(0.0, ahead_s))
    for partition, position in heads:
        LOG_POSITION.labels(events_topic(service), str(partition)).set(position)
    return unsequenced, pending, age_s
