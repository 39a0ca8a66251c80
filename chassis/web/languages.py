"""Which language somebody reads: `Accept-Language`, as RFC 9110 and RFC 4647 have it."""

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from contracts.problem_texts import LANGUAGES, Language


def preferred(accepted: str | None) -> Language:
    """The language of ours with the highest quality; of equals the one named first, English for who takes neither.

    `vi-VN` asks for `vi`. `*` stands for the languages that are not named.
    """
    ranges = [(tag.lower().partition("-")[0], quality) for tag, quality in parse_accept_header(accepted, Accept)]
    named = [tag for tag, _ in ranges]

    def rank(language: Language) -> tuple[float, int]:
        known = [quality for tag, quality in ranges if tag == language]
        asked = known or [quality for tag, quality in ranges if tag == "*"]
        quality = max(asked, default=0.0)
        return quality, -named.index(language) if known and quality else -len(named)

    return max(LANGUAGES, key=rank)
