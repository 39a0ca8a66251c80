"""`phoihop orders`: what companies have not settled, and whom to call."""

from datetime import datetime
from typing import Annotated

import requests
import typer

from cli.doors import read_all
from cli.telling import LOCAL_TIME, AsJson, answer, clear_errors, err, show_table


@clear_errors
def orders(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose report-back has passed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every order that is not settled, the earliest report-back first, with the company that owes it.

    Example: phoihop orders --overdue
    """
    found = sorted(
        read_all("/enforcement/v1/orders", state="overdue" if overdue else "unsettled"),
        key=lambda order: datetime.fromisoformat(order["report_back_at"]),
    )
    names = _names() if found else {}
    told = [order | {"company": names.get(order["addressee_id"])} for order in found]
    answer(
        as_json,
        told,
        lambda: show_table(
            ("report back", "company", "kind", "state", "order", "case"),
            [
                (
                    f"{datetime.fromisoformat(order['report_back_at']).astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}",
                    order["company"] or order["addressee_id"],
                    order["kind"],
                    order["state"],
                    order["order_id"],
                    order["case_id"],
                )
                for order in told
            ],
            "No order is overdue." if overdue else "Every order is settled.",
        ),
    )


def _names() -> dict[str, str]:
    """Of the companies, by id; without the register the orders are told all the same."""
    try:
        return {one["provider_id"]: one["name"] for one in read_all("/registry/v1/providers")}
    except requests.RequestException:
        err.print("the register cannot be reached: companies are shown by their ids")
        return {}
