"""What is said of a measurement: medians, ratios, and whether what is wanted is reached."""

import pytest

from benchmarks.__main__ import WrongSetting, chosen, number
from benchmarks.table import Row, Wanted, amount, cells
from benchmarks.task import percentile


def row(wanted: Wanted | None, ours: list[float], beside: list[float] | None = None) -> Row:
    return Row("relay", "/s", wanted, "raw", ours, beside or [])


def test_one_odd_round_counts_for_nothing() -> None:
    odd = row(Wanted(0.9, ratio=True), [90.0, 1.0, 92.0], [100.0, 100.0, 9000.0])
    assert odd.value == 90.0
    assert odd.ratio == 0.9
    assert odd.reached


@pytest.mark.parametrize(
    ("wanted", "value", "reached"),
    [
        (Wanted(100), 100, True),
        (Wanted(100), 99.9, False),
        (Wanted(100, "at most"), 100, True),
        (Wanted(100, "at most"), 100.1, False),
        (None, 1, None),
    ],
)
def test_the_bound_itself_is_enough(wanted: Wanted | None, value: float, reached: bool | None) -> None:
    assert row(wanted, [value]).reached is reached


def test_a_wanted_ratio_looks_at_the_ratio_not_at_the_number() -> None:
    assert row(Wanted(3, ratio=True), [1000.0], [500.0]).reached is False
    assert row(Wanted(3, ratio=True), [1000.0], [300.0]).reached is True


def test_a_line_says_what_how_much_beside_what_and_whether_it_is_enough() -> None:
    line = cells(row(Wanted(0.9, ratio=True), [10_000.0], [20_000.0]))
    assert line == ("relay", "10,000 /s", "20,000 /s  raw", "0.50 ×", "≥ 0.9 ×", "not reached")
    assert cells(row(None, [2.5])) == ("relay", "2.5 /s", "", "", "", "")


def test_the_file_holds_every_round() -> None:
    told = row(Wanted(100, "at most"), [1.0, 3.0, 2.0]).told()
    assert (told["ours"], told["median"], told["wanted"], told["reached"]) == ([1.0, 3.0, 2.0], 2.0, "≤ 100 /s", True)


def test_three_digits_are_shown() -> None:
    assert [amount(value) for value in (123_456.7, 99.94, 0.5678)] == ["123,457", "99.9", "0.568"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.95) == 96.0
    assert percentile([7.0], 0.95) == 7.0


def test_only_chooses_measures_by_name_in_their_own_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONLY", "audit, relay")
    assert chosen() == ["relay", "audit"]
    monkeypatch.setenv("ONLY", "")
    assert len(chosen()) > 2
    monkeypatch.setenv("ONLY", "relais")
    with pytest.raises(WrongSetting, match="relais"):
        chosen()


def test_a_size_that_cannot_be_meant_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_EVENTS", "many")
    with pytest.raises(WrongSetting, match="BENCH_EVENTS"):
        number("BENCH_EVENTS", 100, 1)
    monkeypatch.setenv("BENCH_EVENTS", "0")
    with pytest.raises(WrongSetting, match="BENCH_EVENTS"):
        number("BENCH_EVENTS", 100, 1)
