"""The read model of the counter: one row a stream, and how many facts moved it."""

from collections.abc import Sequence

from contracts.envelope import Received
from contracts.sql import Cursor
from tests.conformance.counter.domain import Counted

APPLY = """
insert into total as t (counter_id, version, total, applied)
select id, max(version), sum(by), count(*) from unnest(%s::uuid[], %s::int[], %s::int[]) as e (id, version, by)
group by id
on conflict (counter_id) do update set version = excluded.version, total = t.total + excluded.total,
    applied = t.applied + excluded.applied
where excluded.version > t.version
"""


class Totals:
    name = "totals"
    tables = ("total",)
    ddl = "create table total (counter_id uuid primary key, version int not null, total int, applied int)"
    wants = (Counted,)

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        facts = [(r.envelope.stream_id, r.envelope.stream_version, r.event.by) for r in batch]  # type: ignore[attr-defined]
        cursor.execute(APPLY, [list(column) for column in zip(*facts, strict=True)])
