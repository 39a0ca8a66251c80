"""Keyset pages: `?limit=` and an opaque `?cursor=` that says after which row to go on."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from chassis.web.refusals import CursorUnusable, ParameterWrong

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
LONGEST_CURSOR = 2000

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`after`: the key of the last row of the page before, None at the beginning."""

    limit: int
    after: list[Any] | None
    list_id: str
    """Binds a cursor to its list and filters, so that it is not carried over to another."""

    @property
    def fetch(self) -> int:
        """How many rows to ask the database for: one more than are shown tells whether there is a next page."""
        return self.limit + 1


class Page(BaseModel, Generic[T]):
    """Some rows of a list; `next_cursor` is null on the last page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[T, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[T], request: PageRequest, key: Callable[[T], list[Any]]) -> "Page[T]":
        """`rows`: up to `request.fetch` of them, in the list's order. `key`: JSON-ready, what the next page follows."""
        shown = tuple(rows[: request.limit])
        more = len(rows) > request.limit
        return cls(items=shown, next_cursor=encode(request.list_id, key(shown[-1])) if more else None)


def requested(limit: str | None, cursor: str | None, list_id: str) -> PageRequest:
    """Raises ParameterWrong or CursorUnusable."""
    if limit is None:
        number = DEFAULT_LIMIT
    elif limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= LARGEST_LIMIT:
        number = int(limit)
    else:
        raise ParameterWrong("limit must be a whole number from 1 to {limit}", limit=LARGEST_LIMIT, parameter="limit")
    return PageRequest(number, decode(list_id, cursor) if cursor is not None else None, list_id)


def list_id(route: str, filters: str) -> str:
    """A short name of a list under these filters."""
    return sha256(f"{route}\n{filters}".encode()).hexdigest()[:8]


def encode(list_id: str, key: list[Any]) -> str:
    """base64url of a JSON list: the list's name, then the key."""
    text = json.dumps([list_id, *key], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(list_id: str, cursor: str) -> list[Any]:
    """Raises CursorUnusable when it was not made by `encode` for this list and these filters."""
    if len(cursor) <= LONGEST_CURSOR:
        try:
            found = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        except (NotBase64, ValueError, RecursionError):
            found = None
        if isinstance(found, list) and found[:1] == [list_id] and all(_is_key(part) for part in found[1:]):
            return found[1:]
    raise CursorUnusable("the cursor was not given out for this list with these filters; begin again without it")


def _is_key(part: object) -> bool:
    if isinstance(part, str):
        return "\0" not in part and part.isprintable()
    return part is None or isinstance(part, int | float)
