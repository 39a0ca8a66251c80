"""A query that can answer in several media types answers in the one its caller likes best."""

import pytest
from pydantic import BaseModel

from chassis.web.answering import preferred
from chassis.web.routes import Document, Query, Routes
from contracts.sql import Cursor


class Total(BaseModel):
    total: int


def show_total(cursor: Cursor, query: Query) -> Total | Document:
    return Total(total=1)


routes = Routes("toy")
routes.query("GET", "/total", show_total, answers=Total, documents=("text/html",), summary="A total")
(ROUTE,) = routes


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/html;q=0.1, application/json", "application/json"),
        ("text/*", "text/html"),
        ("image/png", "application/json"),
        ("/;;,", "application/json"),
    ],
)
def test_the_callers_favourite_is_answered(accepted: str | None, expected: str):
    assert preferred(ROUTE, accepted) == expected
