"""What the logs of the services hold, read by the checker's own SQL: the truth that everything else is held against."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg2

from chassis.consume.consumer import Consumer
from chassis.postgres.cursor import PooledCursor
from chassis.store import audit
from contracts.envelope import Envelope

FACTS = """
select l.position, l.epoch, l.partition, l.prev, l.sequenced_at, e.event_id, e.type, e.schema_version, e.stream_id,
       e.version, s.scope, e.occurred_at, e.metadata::text, e.data::text
from public.log l join public.event e using (event_no) join public.stream s on s.stream_id = e.stream_id
where l.position > %s order by l.position
"""


@dataclass(frozen=True)
class Fact:
    """One event of a log, with the partition it belongs to."""

    partition: int
    envelope: Envelope

    @property
    def position(self) -> int:
        return self.envelope.position

    @cached_property
    def cause(self) -> UUID:
        """The command's id, or the id of the event that was reacted to."""
        return self.envelope.metadata.causation_id


@dataclass
class CheckedService:
    """A service as the checker sees it. `dsn`: of a role that may read everything and make a schema of its own."""

    name: str
    dsn: str
    topic: str
    consumers: tuple[Consumer, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    """In the order of the log, as far as `read_on` came."""

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A transaction of its own, committed at the end."""
        made = psycopg2.connect(self.dsn, cursor_factory=PooledCursor)
        with closing(made), made, made.cursor() as cursor:
            yield cursor

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def value(self, sql: str, *parameters: object) -> Any:
        return self.rows(sql, *parameters)[0][0]

    def read_on(self) -> list[Fact]:
        """Appends what was sequenced since, and answers it."""
        last = self.facts[-1].position if self.facts else 0
        found = [_fact(self.name, row) for row in self.rows(FACTS, last)]
        self.facts += found
        return found

    def last_of_each_partition(self) -> dict[int, int]:
        return dict(self.rows("select partition, max(position) from public.log group by partition"))


def broken_chain(service: CheckedService) -> list[str]:
    """I4: gapless, chained, every stored event in it, as the product's own audit and a count of ours have it."""
    verdict = audit.verify_database(service.dsn)
    found = [] if verdict.ok else [f"{service.name}: position {verdict.first_bad_position}: {verdict.reason}"]
    positions = [fact.position for fact in service.facts]
    if positions != list(range(1, len(positions) + 1)):
        found.append(f"{service.name}: the positions are not 1, 2, 3, …")
    stored = service.value("select count(*) from public.event")
    if stored != len(positions):
        found.append(f"{service.name}: {stored} events are stored, {len(positions)} are in the log")
    return found


def _fact(service: str, row: tuple[Any, ...]) -> Fact:
    position, epoch, partition, prev, sequenced_at, event_id, kind, schema, stream, version, scope, occurred_at = row[
        :12
    ]
    return Fact(
        partition,
        Envelope(
            source=service,
            event_id=event_id,
            type=kind,
            schema_version=schema,
            stream_id=stream,
            stream_version=version,
            scope=scope,
            occurred_at=occurred_at,
            sequenced_at=sequenced_at,
            epoch=epoch,
            position=position,
            prev=prev,
            meta=row[12].encode(),
            data=row[13].encode(),
        ),
    )
