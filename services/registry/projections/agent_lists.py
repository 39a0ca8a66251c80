"""The lists that companies filed (HD-3b part 2): what came in when, with how many rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import AgentListReceived
from contracts.sql import Cursor, Rows

FIELDS = ("list_id", "provider_id", "month", "sha256", "good", "bad", "duplicates", "received_at")


class AgentLists:
    name = "agent_lists"
    tables = ("agent_list",)
    wants: tuple[type[Event], ...] = (AgentListReceived,)
    ddl = """
        create table agent_list (
            list_id uuid primary key, version int not null, provider_id uuid, month text, sha256 text, good int,
            bad int, duplicates int, received_at timestamptz
        );
        create index agent_list_of_month on agent_list (provider_id, month, received_at);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        lists = Rows("agent_list", ("list_id",), FIELDS[1:])
        for received in batch:
            event = received.event
            assert isinstance(event, AgentListReceived)
            lists.put(
                (event.list_id,),
                received.envelope.stream_version,
                provider_id=event.provider_id,
                month=event.month,
                sha256=event.sha256,
                good=event.good,
                bad=event.bad,
                duplicates=event.duplicates,
                received_at=received.envelope.occurred_at,
            )
        lists.write(cursor)


SHOW = """
    select l.list_id, l.provider_id, l.month, l.sha256, l.good, l.bad, l.duplicates, l.received_at,
           (select n.list_id from agent_list n
            where n.provider_id = l.provider_id and n.month = l.month and n.received_at > l.received_at
            order by n.received_at desc limit 1)
    from agent_list l
    where l.list_id = %(list_id)s and (%(provider_id)s::uuid is null or l.provider_id = %(provider_id)s)
"""


def show_list(cursor: Cursor, list_id: UUID, provider_id: UUID | None) -> dict[str, Any] | None:
    """The list, if it is of `provider_id` where that is given; `corrected_by` is the newest later one of its month."""
    cursor.execute(SHOW, {"list_id": list_id, "provider_id": provider_id})
    row = cursor.fetchone()
    return None if row is None else dict(zip((*FIELDS, "corrected_by"), row, strict=True))
