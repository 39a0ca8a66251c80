"""A test that breaks the shared system fails alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.shared import CannotBeMade, Shared


@dataclass
class Workshop:
    """Makes numbers, and writes down what happens to them."""

    told: list[str] = field(default_factory=list)
    broken: bool = False

    @contextmanager
    def make(self) -> Iterator[int]:
        if self.broken:
            raise OSError("no servers\nand no more is said")
        number = len([one for one in self.told if one.startswith("made")]) + 1
        self.told.append(f"made {number}")
        try:
            yield number
        finally:
            self.told.append(f"ended {number}")

    def mend(self, number: int) -> None:
        if self.broken:
            raise OSError("it does not come back")
        self.told.append(f"mended {number}")


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def shared(workshop: Workshop) -> Shared[int]:
    return Shared(workshop.make, workshop.mend)


def lend(shared: Shared[int], borrower: str, failed: bool = False) -> int:
    with shared.lent(borrower, lambda: failed) as number:
        return number


def test_after_tests_that_passed_it_is_mended_and_lent_again(shared: Shared[int], workshop: Workshop) -> None:
    assert [lend(shared, one) for one in "abc"] == [1, 1, 1]
    shared.close()
    assert workshop.told == ["made 1", "mended 1", "mended 1", "mended 1", "ended 1"]


def test_after_a_test_that_failed_the_next_one_gets_a_new_one(shared: Shared[int], workshop: Workshop) -> None:
    assert [lend(shared, "a", failed=True), lend(shared, "b"), lend(shared, "c")] == [1, 2, 2]
    assert workshop.told == ["made 1", "ended 1", "made 2", "mended 2", "mended 2"]


def test_what_cannot_be_mended_is_replaced(shared: Shared[int], workshop: Workshop) -> None:
    with pytest.raises(OSError, match="does not come back"), shared.lent("a", lambda: False):
        workshop.broken = True
    workshop.broken = False
    assert lend(shared, "b") == 2


def test_what_cannot_be_made_is_tried_once_and_the_rest_fail_with_one_line(
    shared: Shared[int], workshop: Workshop
) -> None:
    workshop.broken = True
    with pytest.raises(OSError, match="no servers"):
        lend(shared, "the first test")
    workshop.broken = False
    with pytest.raises(CannotBeMade, match=r"^since the first test there is none: no servers$"):
        lend(shared, "the second test")
    assert workshop.told == []
