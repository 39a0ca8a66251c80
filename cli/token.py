"""`phoihop token`: a bearer token of the local issuer, for trying the HTTP doors by hand."""

from typing import Annotated, Literal

import typer

from chassis.identity.officers import issue_token
from cli import environment
from cli.telling import AsJson, answer, clear_errors, out


@clear_errors
def token(
    agency: Annotated[str, typer.Option(help="Code of the agency: dic, ppc, ppd, dpc.nam-sach …")],
    role: Annotated[
        Literal["officer", "leader", "reader", "auditor"], typer.Option(help="What the officer may do.")
    ] = "officer",
    name: Annotated[str, typer.Option(help="Who it is, as it will stand in the log.")] = "operator",
    area: Annotated[str | None, typer.Option(help="Limits the officer to one district.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token that is good for ten minutes.

    Example: curl -H "Authorization: Bearer $(phoihop token --agency dic)" http://127.0.0.1:21012/enforcement/v1/cases
    """
    made = issue_token(environment.secret("jwt-issuer.pem"), agency=agency, role=role, subject=name, area=area)
    answer(as_json, {"token": made}, lambda: out.print(made, markup=False))
