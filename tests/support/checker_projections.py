"""I5: the rows of each read model are what its own code makes of the log, each event once and in order.

The log is folded into a schema of the checker's own, beside the live one, and the rows are compared as text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.consume import views
from chassis.consume.consumer import Consumer, Projections
from chassis.consume.message import Received
from contracts.catalogue import events
from tests.support.checker_log import CheckedService, Fact

BATCH = 500
SHOWN = 3
GIVEN_UP = """
select topic, position from public.parked where consumer = %s and state in ('parked', 'retry', 'discarded')
"""
DIFFERENT = """
select '{side}', found.row from (
    select t::text as row from "{left}"."{table}" t except all select t::text from "{right}"."{table}" t) as found
order by 2 limit {shown}
"""


@dataclass
class Folded:
    """One read model folded by the checker; each check goes on from where the last one came."""

    service: CheckedService
    consumer: Consumer
    positions: dict[str, int] = field(default_factory=dict)
    """By topic: up to which position of its log."""

    @property
    def schema(self) -> str:
        return f"checker_{self.consumer.name.replace('.', '_')}"

    def differences(self, sources: Mapping[str, CheckedService]) -> list[str]:
        """`sources`: the service that writes each topic."""
        member = self.consumer.member
        assert isinstance(member, Projections)
        with self.service.cursor() as cursor:
            live = views.where(cursor, self.consumer)
            self._make(cursor, member)
            cursor.execute(GIVEN_UP, (live.rows,))
            given_up = set(cursor.fetchall())
            for topic in self.consumer.topics:
                if topic in sources:
                    self._fold(cursor, member, topic, sources[topic].facts, given_up)
            assert live.schema is not None
            return [line for table in member.tables for line in self._compare(cursor, table, live.schema)]

    def start_over(self) -> None:
        """Nothing is folded, and the schema is gone."""
        self.positions.clear()
        with self.service.cursor() as cursor:
            cursor.execute(f'drop schema if exists "{self.schema}" cascade')

    def _make(self, cursor: Any, member: Projections) -> None:
        if not self.positions:
            cursor.execute(f'drop schema if exists "{self.schema}" cascade; create schema "{self.schema}"')
        cursor.execute(f'set local search_path to "{self.schema}", public')
        if not self.positions:
            cursor.execute(member.ddl)

    def _fold(
        self, cursor: Any, member: Projections, topic: str, facts: Iterable[Fact], given_up: set[tuple[str, int]]
    ) -> None:
        known, wanted = self.positions.get(topic, 0), {kind for one in member.projections for kind in one.wants}
        batch = []
        for fact in facts:
            model = events().get((fact.envelope.type, fact.envelope.schema_version))
            if fact.position <= known or model not in wanted or (topic, fact.position) in given_up:
                continue
            event = model.model_validate_json(fact.envelope.data)
            batch.append(Received(fact.envelope, event, topic, fact.partition, 0))
            if len(batch) == BATCH:
                member.apply(cursor, self.consumer.name, batch)
                batch = []
        if batch:
            member.apply(cursor, self.consumer.name, batch)
        self.positions[topic] = max([known, *(fact.position for fact in facts)])

    def _compare(self, cursor: Any, table: str, live: str) -> list[str]:
        found: list[tuple[str, str]] = []
        for side, left, right in (("only live", live, self.schema), ("only in the fold", self.schema, live)):
            cursor.execute(DIFFERENT.format(side=side, left=left, right=right, table=table, shown=SHOWN))
            found += cursor.fetchall()
        return [f"{self.consumer.name}, {table}, {side}: {row}" for side, row in found]


def folds_of(service: CheckedService) -> list[Folded]:
    return [Folded(service, consumer) for consumer in service.consumers if isinstance(consumer.member, Projections)]
