"""The registered companies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import ProviderRegistered
from contracts.sql import Cursor, Rows


class Providers:
    name = "providers"
    tables = ("provider",)
    wants: tuple[type[Event], ...] = (ProviderRegistered,)
    ddl = """
        create table provider (
            provider_id uuid primary key, version int not null, code text, name text, kinds text[], licence_number text
        );
        create index provider_by_name on provider (name collate "vi-x-icu", provider_id);
        create index provider_by_code on provider (code);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        providers = Rows("provider", ("provider_id",), ("code", "name", "kinds", "licence_number"))
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case ProviderRegistered():
                    providers.put(
                        (event.provider_id,),
                        version,
                        code=event.code,
                        name=event.name,
                        kinds=list(event.kinds),
                        licence_number=event.licence_number,
                    )
        providers.write(cursor)


FIELDS = ("provider_id", "version", "code", "name", "kinds", "licence_number")
LIST = """
    select provider_id, version, code, name, kinds, licence_number
    from provider
    where (%(kind)s::text is null or %(kind)s = any(kinds))
      and (%(after_id)s::uuid is null
           or (name collate "vi-x-icu", provider_id) > (%(after_name)s::text collate "vi-x-icu", %(after_id)s::uuid))
    order by name collate "vi-x-icu", provider_id
    limit %(fetch)s
"""


def list_providers(
    cursor: Cursor, *, kind: str | None, after: tuple[str, UUID] | None, fetch: int
) -> list[dict[str, Any]]:
    """Up to `fetch` companies in Vietnamese order of their names."""
    name, provider_id = after or (None, None)
    cursor.execute(LIST, {"kind": kind, "after_name": name, "after_id": provider_id, "fetch": fetch})
    return [dict(zip(FIELDS, row, strict=True)) for row in cursor.fetchall()]
