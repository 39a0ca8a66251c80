"""The companies' API keys as the register gave them out, kept by every service with doors for companies."""

from collections.abc import Sequence

from contracts.envelope import Event, Received
from contracts.events.registry import ApiKeyIssued, ApiKeyRevoked
from contracts.sql import Cursor, Rows


class ApiKeys:
    name = "api_keys"
    tables = ("api_key",)
    wants: tuple[type[Event], ...] = (ApiKeyIssued, ApiKeyRevoked)
    ddl = """
        create table api_key (
            key_id text primary key, version int not null, verifier text, company_id uuid, revoked_at timestamptz
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        keys = Rows("api_key", ("key_id",), ("verifier", "company_id", "revoked_at"))
        for received in batch:
            event, envelope = received.event, received.envelope
            match event:
                case ApiKeyIssued():
                    keys.put(
                        (event.key_id,), envelope.stream_version, verifier=event.verifier, company_id=event.provider_id
                    )
                case ApiKeyRevoked():
                    keys.put((event.key_id,), envelope.stream_version, revoked_at=envelope.occurred_at)
        keys.write(cursor)
