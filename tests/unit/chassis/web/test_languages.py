"""Accept-Language: who reads what."""

import pytest

from chassis.web.languages import preferred


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("vi", "vi"),
        ("VI-vn", "vi"),
        ("vi-VN,en;q=0.9", "vi"),
        ("vi-VN,vi;q=0.9,fr-FR;q=0.8,fr;q=0.7,en-US;q=0.6,en;q=0.5", "vi"),
        ("en-GB;q=0.8, vi-VN;q=0.9", "vi"),
        ("en;q=0.5, vi;q=0.8", "vi"),
        ("fr, vi;q=0.1", "vi"),
        ("en, vi", "en"),
        ("vi, en", "vi"),
        ("fr", "en"),
        ("*", "en"),
        ("vi;q=0, *", "en"),
        ("en;q=0, *", "vi"),
        ("*;q=0.5, vi;q=0.4", "en"),
        ("vi;q=0", "en"),
        ("vi;q=much", "en"),
        ("vietnamese", "en"),
    ],
)
def test_the_language_with_the_highest_quality_is_spoken(accepted: str | None, language: str) -> None:
    assert preferred(accepted) == language
