"""Lines as officers entered them; what companies only claim is in `claimed_line`, and both meet when read."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import LineAttached, LineCut, LineRestored
from contracts.sql import Cursor, Rows

COLUMNS = ("agent_id", "kind", "number", "provider_id", "telecom_id", "is_cut", "cut_on", "order_id")


class Lines:
    name = "lines"
    tables = ("line",)
    wants: tuple[type[Event], ...] = (LineAttached, LineCut, LineRestored)
    ddl = """
        create table line (
            line_id uuid primary key, version int not null, agent_id uuid, kind text, number text, provider_id uuid,
            telecom_id uuid, is_cut boolean, cut_on date, order_id uuid
        );
        create index line_of_agent on line (agent_id);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        lines = Rows("line", ("line_id",), COLUMNS)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case LineAttached():
                    lines.put(
                        (event.line_id,),
                        version,
                        agent_id=event.agent_id,
                        kind=event.kind,
                        number=event.number,
                        provider_id=event.provider_id,
                        telecom_id=event.telecom_id,
                        is_cut=False,
                    )
                case LineCut():
                    lines.put(
                        (event.line_id,),
                        version,
                        agent_id=event.agent_id,
                        is_cut=True,
                        cut_on=event.cut_on,
                        order_id=event.order_id,
                    )
                case LineRestored():
                    lines.put((event.line_id,), version, agent_id=event.agent_id, is_cut=False)
        lines.write(cursor)


FIELDS = (
    "agent_id",
    "line_id",
    "kind",
    "number",
    "provider_id",
    "telecom_id",
    "state",
    "claimed_month",
    "cut_on",
    "order_id",
)
COUNT_LINES = """
    select case when is_cut then 'cut' else 'serving' end, count(*) from line group by 1
    union all
    select 'claimed', count(*) from claimed_line c
    where not exists (select from line l where l.agent_id = c.agent_id and l.line_id = c.line_id)
"""
LINES_OF = """
    select coalesce(l.agent_id, c.agent_id), coalesce(l.line_id, c.line_id), coalesce(l.kind, c.kind),
           coalesce(l.number, c.number) as number, coalesce(l.provider_id, c.provider_id),
           coalesce(l.telecom_id, t.provider_id),
           case when l.is_cut then 'cut' when l.line_id is not null then 'serving' else 'claimed' end,
           c.claimed_month, case when l.is_cut then l.cut_on end, case when l.is_cut then l.order_id end
    from (select * from claimed_line where agent_id = any(%(agents)s::uuid[])) c
    full join (select * from line where agent_id = any(%(agents)s::uuid[])) l
      on l.agent_id = c.agent_id and l.line_id = c.line_id
    left join provider t on t.code = c.telecom
    order by 1, number, 2
"""


def lines_of(cursor: Cursor, agent_ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    cursor.execute(LINES_OF, {"agents": list(agent_ids)})
    return [dict(zip(FIELDS, row, strict=True)) for row in cursor.fetchall()]


def count_lines(cursor: Cursor) -> dict[str, int]:
    """State → how many; a line that an officer has seen counts as seen only."""
    cursor.execute(COUNT_LINES)
    return dict(cursor.fetchall())
