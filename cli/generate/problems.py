"""docs/problems.md: what the `type` of a problem document points at, for every code, in English and Vietnamese."""

from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

from contracts.problem_texts import LANGUAGES, ProblemText, problem_texts
from contracts.refusals import Refusal, refusals

FILE = Path("docs/problems.md")
SAID_IN = (
    "chassis.consume.after",
    "chassis.consume.command_topic",
    "chassis.consume.parked",
    "chassis.consume.rebuild",
    "chassis.identity.refusals",
    "chassis.store.append",
    "chassis.web.refusals",
    "services.enforcement.domain.errors",
    "services.inspection.domain.errors",
    "services.notify.domain.addresses",
    "services.notify.domain.refusals",
    "services.registry.domain.errors",
    "services.reporting.domain.errors",
)
"""Where the classes stand; a test holds the list against the code."""
PLACES = {
    "everywhere": "Everywhere",
    "doors": "At the door",
    "people": "Who is asking",
    "several": "In more than one service",
    "registry": "Registry",
    "inspection": "Inspection",
    "enforcement": "Enforcement",
    "reporting": "Reporting",
    "notify": "Notify",
}
"""By the files of `contracts/problems`, in the order of the document."""
HEAD = """# Problems

Every no is a problem document (RFC 9457), over HTTP and in a reply on the bus. Its `code` is stable: programs decide by
it. `type` is `/problems/<code>`; every service shows there what stands here. `title`, `detail` and the reasons in
`errors` are English, or Vietnamese for who asks for it: `Accept-Language: vi` over HTTP, the header `accept-language`
of a command on the bus. Everything else is the same in both.

Generated from `contracts/problems/` by `make generate`: do not edit.
"""


def documents() -> Iterator[tuple[Path, str]]:
    for module in SAID_IN:
        import_module(module)
    kinds = {kind.code: kind for kind in refusals()}
    texts = sorted(problem_texts().values(), key=lambda text: list(PLACES).index(text.place))
    parts = [HEAD]
    for place, some in groupby(texts, key=lambda text: text.place):
        parts.append(f"\n## {PLACES[place]}\n")
        parts.extend(_entry(text, kinds[text.code]) for text in some)
    yield FILE, "".join(parts)


def _entry(text: ProblemText, kind: type[Refusal]) -> str:
    said = "\n".join(
        f"- **{kind.title_in(language)}.** {text.meaning[language]} → {text.todo[language]}" for language in LANGUAGES
    )
    return f"\n### `{kind.code}` · {kind.status}\n\n{said}\n"
