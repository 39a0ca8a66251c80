"""Reading what one wrote: a read waits until the read models have seen the write, and says so when they have not."""

import re
import time
from uuid import UUID

from chassis.postgres.pool import Pool
from contracts.refusals import Malformed, Refusal
from contracts.sql import Cursor

ENTRY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([0-9]{1,9})")
LONGEST = 20
"""Entries; a write answers at most one a partition."""
LOOK_EVERY_S = 0.01
HAS_SEEN = "select seen, is_parked from public.has_seen(%s, %s::uuid[], %s)"


class ProjectionBehind(
    Refusal, code="projection-behind", status=503, title="What you wrote is stored but cannot be read yet"
): ...


class ProjectionParked(
    Refusal, code="projection-parked", status=503, title="What you wrote is stored, but showing it waits for a person"
): ...


def parse(after: str) -> dict[UUID, int]:
    """`<stream>@<version>`, several joined by commas; the highest version of each stream. Raises Malformed."""
    found: dict[UUID, int] = {}
    entries = after.split(",")
    if len(entries) > LONGEST:
        raise Malformed("`after` may name at most {limit} streams", limit=LONGEST)
    for entry in entries:
        match = ENTRY.fullmatch(entry.strip())
        if match is None:
            raise Malformed("`after` must be what a write answered: <stream>@<version>", value=entry[:80])
        stream, version = UUID(match[1]), int(match[2])
        found[stream] = max(version, found.get(stream, 0))
    return found


def wait_until_seen(pool: Pool, consumer: str, after: str, timeout: float = 2.0) -> None:
    """Returns once `consumer` has dealt with everything `after` names, for at most `timeout` seconds.

    Raises Malformed, ProjectionBehind, and ProjectionParked at once when a message on the way waits for a person.
    """
    wanted = parse(after)
    deadline = time.monotonic() + timeout
    while True:
        with pool.statements() as cursor:
            seen, is_parked = _look(cursor, consumer, wanted)
        if seen == len(wanted):
            return
        if is_parked:
            raise ProjectionParked("a message on the way to this view was set aside; `phoihop parked list` shows why")
        if time.monotonic() >= deadline:
            raise ProjectionBehind("the view has not caught up yet; ask again in a moment", retry_after=1)
        time.sleep(LOOK_EVERY_S)


def _look(cursor: Cursor, consumer: str, wanted: dict[UUID, int]) -> tuple[int, bool]:
    cursor.execute(HAS_SEEN, (consumer, list(wanted), list(wanted.values())))
    row = cursor.fetchone()
    assert row is not None
    return row[0], row[1]
