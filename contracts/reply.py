"""The answer to a command that came over an agency's topic: accepted with a response, or refused with a reason."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Reply(BaseModel):
    """`response` stands in an accepted reply, `problem` (members of an RFC 9457 document) in a refused one."""

    model_config = ConfigDict(frozen=True)

    status: Literal["accepted", "refused"]
    command_id: UUID
    """The id that the command has here; derived from the sender and its ce_id, so a redelivery has the same."""
    response: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
