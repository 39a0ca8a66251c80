"""One costly thing for one test after another; whoever breaks it does not break it for the others."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class CannotBeMade(Exception):
    """It could not be made before, and is not tried again: said at once, with the first reason."""


class Shared(Generic[T]):
    """Lent to each test; after one that failed, or that it could not be mended after, the next one gets a new one."""

    def __init__(self, make: Callable[[], AbstractContextManager[T]], mend: Callable[[T], object]) -> None:
        self._make, self._mend = make, mend
        self._stack = ExitStack()
        self._made: T | None = None
        self._first_reason = ""

    @contextmanager
    def lent(self, borrower: str, failed: Callable[[], bool]) -> Iterator[T]:
        """`failed` is asked once the borrower has given it back. Raises CannotBeMade."""
        made, well = self._get(borrower), False
        yield made
        try:
            if not failed():
                self._mend(made)
                well = True
        finally:
            if not well:
                self.close()

    def close(self) -> None:
        self._made = None
        self._stack.close()

    def _get(self, borrower: str) -> T:
        if self._first_reason:
            raise CannotBeMade(self._first_reason)
        if self._made is None:
            try:
                self._made = self._stack.enter_context(self._make())
            except Exception as error:
                first_line = str(error).partition("\n")[0]
                self._first_reason = f"since {borrower} there is none: {first_line}"
                raise
        return self._made
