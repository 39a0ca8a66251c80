"""Reading what one wrote: a read waits until the read models have seen the write, and says so when they have not.

However many wait in a process, one of them looks for all: a view that falls behind is not asked the more for it.
"""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from pydantic_core import to_json

from chassis.postgres.pool import Pool
from contracts.refusals import Malformed, Refusal

ENTRY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([0-9]{1,9})")
LONGEST = 20
"""Entries; a write answers at most one a partition."""
LOOK_EVERY_S = 0.01
LOOK = """
select asked.number, asked.stream, answer.seen
from json_to_recordset(%s) as asked (number int, consumer text, stream uuid, version int)
cross join lateral public.has_seen(asked.consumer, asked.stream, asked.version) as answer
where answer.seen or answer.is_parked
"""


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
    reader = _Reader(consumer, parse(after))
    _look(pool, [reader])
    if not reader.is_settled:
        with _lock:
            watch = _watches.setdefault(pool, _Watch())
        watch.wait(pool, reader, time.monotonic() + timeout)
    if reader.is_parked:
        raise ProjectionParked("a message on the way to this view was set aside; `phoihop parked list` shows why")
    if reader.unseen:
        raise ProjectionBehind("the view has not caught up yet; ask again in a moment", retry_after=1)


@dataclass(eq=False, slots=True)
class _Reader:
    """Somebody who wants to read what he wrote."""

    consumer: str
    unseen: dict[UUID, int]
    is_parked: bool = False
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def is_settled(self) -> bool:
        return self.is_parked or not self.unseen


class _Watch:
    """Those who wait on one database. Whoever finds nobody looking looks for all, until he is settled himself."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._looking = threading.Lock()

    def wait(self, pool: Pool, reader: _Reader, deadline: float) -> None:
        """Returns when the reader is settled, or the deadline has passed. Raises Unavailable."""
        with _lock:
            self._readers.add(reader)
        try:
            while not reader.is_settled and (left_s := deadline - time.monotonic()) > 0:
                if not self._looking.acquire(blocking=False):
                    reader.woken.wait(left_s)
                    reader.woken.clear()
                    continue
                try:
                    time.sleep(min(LOOK_EVERY_S, left_s))  # the pace of the looks; nothing wakes a view's reader
                    _look(pool, self._waiting())
                finally:
                    self._looking.release()
        finally:
            with _lock:
                self._readers.discard(reader)
            for other in self._waiting()[:1]:
                other.woken.set()  # if it was this one who looked, somebody else must now

    def _waiting(self) -> list[_Reader]:
        with _lock:
            return list(self._readers)


_lock = threading.Lock()
_watches: WeakKeyDictionary[Pool, _Watch] = WeakKeyDictionary()


def _look(pool: Pool, readers: Sequence[_Reader]) -> None:
    """Takes what was seen from each reader's `unseen`, and wakes those who need wait no longer."""
    asked = [
        {"number": number, "consumer": reader.consumer, "stream": stream, "version": version}
        for number, reader in enumerate(readers)
        for stream, version in reader.unseen.items()
    ]
    with pool.statements() as cursor:
        cursor.execute(LOOK, (to_json(asked).decode(),))
        for number, stream, seen in cursor.fetchall():
            reader = readers[number]
            if seen:
                reader.unseen.pop(stream, None)
            else:
                reader.is_parked = True
    for reader in readers:
        if reader.is_settled:
            reader.woken.set()
