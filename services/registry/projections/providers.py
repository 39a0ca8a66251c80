"""The registered companies, and the keys that open the HTTP doors for them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.registry import ApiKeyIssued, ApiKeyRevoked, ProviderRegistered
from contracts.sql import Cursor, Rows


class Providers:
    """`api_key` is what `chassis.identity.api_keys` reads."""

    name = "providers"
    tables = ("provider", "api_key")
    wants: tuple[type[Event], ...] = (ProviderRegistered, ApiKeyIssued, ApiKeyRevoked)
    ddl = """
        create table provider (
            provider_id uuid primary key, version int not null, code text, name text, kinds text[], licence_number text
        );
        create index provider_by_name on provider (name collate "vi-x-icu", provider_id);
        create index provider_by_code on provider (code);
        create table api_key (
            key_id text primary key, version int not null, company_id uuid, verifier text, issued_at timestamptz,
            revoked_at timestamptz
        );
        create index api_key_of_company on api_key (company_id);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        providers = Rows("provider", ("provider_id",), ("code", "name", "kinds", "licence_number"))
        keys = Rows("api_key", ("key_id",), ("company_id", "verifier", "issued_at", "revoked_at"))
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
                case ApiKeyIssued():
                    issued_at = received.envelope.occurred_at
                    keys.put(
                        (event.key_id,),
                        version,
                        company_id=event.provider_id,
                        verifier=event.verifier,
                        issued_at=issued_at,
                    )
                case ApiKeyRevoked():
                    keys.put((event.key_id,), version, revoked_at=received.envelope.occurred_at)
        providers.write(cursor)
        keys.write(cursor)


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
