"""Endpoints as people see them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.sql import Cursor
from services.notify.domain.endpoint import Status


class EndpointFilter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    provider_id: UUID | None = None
    state: Status | None = None


class EndpointView(BaseModel):
    """An endpoint. `waiting` and `escalated` count its messages; `public_key` verifies the `v1a` signatures."""

    model_config = ConfigDict(frozen=True)

    endpoint_id: UUID
    provider_id: UUID
    url: str
    state: Status
    suspended_because: str | None
    changed_at: datetime
    public_key: str | None
    waiting: int
    escalated: int


STATE = """
case when coalesce(e.suspended, false) then 'suspended'
     when coalesce(e.verified, false) then 'active' else 'unverified' end
"""
LIST = f"""
select e.endpoint_id, e.provider_id, e.url, {STATE} as state, case when e.suspended then e.reason end, e.changed_at,
       (select public_key from endpoint_secret s where s.endpoint_id = e.endpoint_id order by made_at desc limit 1),
       (select count(*) from webhook w where w.endpoint_id = e.endpoint_id and w.state = 'waiting'),
       (select count(*) from webhook w where w.endpoint_id = e.endpoint_id and w.state = 'escalated')
from endpoint e
where (%(provider_id)s::uuid is null or e.provider_id = %(provider_id)s)
  and (%(state)s::text is null or {STATE} = %(state)s)
  and (%(after)s::uuid is null or e.endpoint_id > %(after)s)
order by e.endpoint_id limit %(fetch)s
"""


def list_endpoints(cursor: Cursor, narrow: EndpointFilter, after: UUID | None, fetch: int) -> list[EndpointView]:
    """By id, at most `fetch` of them, after the one named."""
    cursor.execute(LIST, {**narrow.model_dump(), "after": after, "fetch": fetch})
    names = tuple(EndpointView.model_fields)
    return [EndpointView(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
