"""`phoihop read`: any door that only answers, without a token of one's own."""

import json
from typing import Annotated

import typer

from cli import doors
from cli.telling import clear_errors, out


@clear_errors
def read(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Such as /notify/v1/deliveries?state=waiting.")],
    _as_json: Annotated[bool, typer.Option("--json", help="It is JSON either way.")] = True,
) -> None:
    """What `GET` on a service's door answers a reader of the Department; of a list its first page.

    Example: phoihop read "/notify/v1/endpoints?state=suspended"
    """
    out.print(json.dumps(doors.read(path), ensure_ascii=False, indent=2), markup=False)
