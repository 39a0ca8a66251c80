"""Endpoints as workers see them: where to send, and whether to send at all."""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import Event, Received
from contracts.events.notify import (
    EndpointRegistered,
    EndpointResumed,
    EndpointSecretRotated,
    EndpointSuspended,
    EndpointVerified,
)
from contracts.sql import Cursor, Rows

COLUMNS = ("provider_id", "url", "verified", "suspended", "reason", "changed_at")


class Endpoints:
    name = "endpoints"
    tables = ("endpoint",)
    wants: tuple[type[Event], ...] = (
        EndpointRegistered,
        EndpointVerified,
        EndpointSecretRotated,
        EndpointSuspended,
        EndpointResumed,
    )
    ddl = """
        create table endpoint (
            endpoint_id uuid primary key, version int not null, provider_id uuid, url text, verified boolean,
            suspended boolean, reason text, changed_at timestamptz
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        rows = Rows("endpoint", ("endpoint_id",), COLUMNS)
        for received in batch:
            event, envelope = received.event, received.envelope
            known: dict[str, Any] = {"changed_at": envelope.occurred_at}
            match event:
                case EndpointRegistered():
                    known |= {"provider_id": event.provider_id, "url": event.url, "verified": False}
                case EndpointVerified():
                    known |= {"verified": True}
                case EndpointSuspended():
                    known |= {"suspended": True, "reason": event.reason}
                case EndpointResumed():
                    known |= {"suspended": False}
                case _:
                    continue
            rows.put((event.endpoint_id,), envelope.stream_version, **known)
        rows.write(cursor)
