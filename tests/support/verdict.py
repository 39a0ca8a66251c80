"""What one check found, in numbers."""

import re
from dataclasses import dataclass
from typing import Final

KINDS: Final = (
    ("out_of_order", re.compile(r"was told in the order|missing, or came before")),
    ("doubled", re.compile(r"doubled|follows \d+ times|is there ([2-9]|\d\d+) times|different bodies|two answers")),
    ("lost", re.compile(r"not stored|never accepted|is there 0 times|half done|are in the log|only in the fold")),
)
"""By the checker's own words; the first that fits."""


@dataclass(frozen=True)
class Verdict:
    """`recovered_s`: from the moment the check was asked for until nothing was on its way any more.

    `sent_twice`: messages that lie on Kafka more than once since the system was started, which consumers skip.
    """

    recovered_s: float
    sent_twice: int
    wrong: tuple[str, ...]

    def counts(self) -> dict[str, float]:
        """`lost`, `doubled`, `out_of_order` and `other` things that are wrong, beside the two numbers."""
        kinds = [kind_of(line) for line in self.wrong]
        return {
            "recovered_s": round(self.recovered_s, 1),
            "sent_twice": self.sent_twice,
            **{kind: kinds.count(kind) for kind in ("lost", "doubled", "out_of_order", "other")},
        }


def kind_of(line: str) -> str:
    return next((kind for kind, words in KINDS if words.search(line)), "other")
