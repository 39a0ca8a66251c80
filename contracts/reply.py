"""The answer to a command that came over an agency's topic: accepted with a response, or refused with a reason."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SCHEMA = "urn:phoihop:schema:reply:1"


class Reply(BaseModel):
    """`response` and `after` stand in an accepted reply, `problem` (an RFC 9457 document) in a refused one."""

    model_config = ConfigDict(frozen=True)

    status: Literal["accepted", "refused"]
    command: str
    """The `ce_id` as it was sent, or the message's place on the topic if it had none that can be used."""
    response: dict[str, Any] | None = None
    after: str | None = None
    """`<stream>@<version>`, for reading what one wrote."""
    problem: dict[str, Any] | None = None
