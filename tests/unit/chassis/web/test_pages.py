"""Keyset pages and their cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chassis.web import pages
from chassis.web.pages import Page
from chassis.web.refusals import CursorUnusable, ParameterWrong

LIST = pages.list_id("/toy/v1/rows", "{}")


class Row(BaseModel):
    name: str
    number: int


def read_all(rows: list[Row], limit: str) -> list[Row]:
    """Follows the cursors as a client would; the `where` of a real list stands here as a comparison."""
    found: list[Row] = []
    cursor: str | None = None
    while True:
        request = pages.requested(limit, cursor, LIST)
        left = [row for row in rows if request.after is None or [row.name, row.number] > request.after]
        page = Page[Row].of(left[: request.fetch], request, key=lambda row: [row.name, row.number])
        found += page.items
        if page.next_cursor is None:
            return found
        assert len(page.items) == int(limit)
        cursor = page.next_cursor


@given(st.sets(st.tuples(st.sampled_from(["An", "Đông", "Ân"]), st.integers(0, 99))), st.integers(1, 20))
def test_pages_together_are_the_whole_list_once_and_in_order(keys: set[tuple[str, int]], limit: int) -> None:
    rows = [Row(name=name, number=number) for name, number in sorted(keys)]
    assert read_all(rows, str(limit)) == rows


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "1e2", "", " 5", "99999999999", "٥"])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(ParameterWrong):
        pages.requested(limit, None, LIST)


def test_without_a_limit_there_are_fifty() -> None:
    assert pages.requested(None, None, LIST).limit == 50


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!!!",
        "bm8ganNvbg",
        "ă",
        "A" * 3000,
        pages.encode(pages.list_id("/toy/v1/rows", '{"name":"An"}'), ["An", 1]),
        pages.encode(LIST, [{"a": 1}]),
        pages.encode(LIST, ["An\0"]),
    ],
)
def test_a_cursor_not_given_out_for_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(CursorUnusable):
        pages.requested(None, cursor, LIST)
