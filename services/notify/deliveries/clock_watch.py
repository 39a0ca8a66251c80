"""Notices that the database's clock was set back: lanes would wait, and leases hold, for as long as it was ahead."""

import structlog

from chassis.postgres.pool import Pool
from contracts.sql import Cursor
from services.notify.deliveries.queue import columns

LANES_AHEAD = """
update lane set due_at = now(), said_at = now(), owner = null, leased_until = null
where due_at is not null and said_at > now() + interval '5 seconds'
returning endpoint_id, order_id
"""
DUE_NOW = """
update webhook set next_attempt_at = now()
where (endpoint_id, order_id) in (select * from unnest(%s::uuid[], %s::uuid[])) and state = 'waiting'
  and next_attempt_at > now()
"""

logger = structlog.get_logger("notify.clock")


class ClockWatch:
    """`run_once` every few seconds. A worker that still holds one of those leases is fenced, as after any lease."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def run_once(self) -> int:
        """Answers 0: there is never more to do at once. Raises what is transient."""
        with self._pool.transaction() as cursor:
            lanes = bring_forward(cursor)
        if lanes:
            logger.warning("the database's clock was set back: what waited for it is due now", lanes=lanes)
        return 0


def bring_forward(cursor: Cursor) -> int:
    """Makes lanes due at once that were written at a time still to come; answers how many."""
    cursor.execute(LANES_AHEAD)
    lanes = cursor.fetchall()
    if lanes:
        cursor.execute(DUE_NOW, columns((lane[0], lane[1]) for lane in lanes))
    return len(lanes)
