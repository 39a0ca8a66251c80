"""Says what happens, in plain words and with durations, to the person at the terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.markup import escape

Step = Callable[[str], AbstractContextManager[None]]

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    console.print(escape(text))


def complain(text: str) -> None:
    console.print(f"[red]{escape(text)}[/red]")


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tells what was done and how long it took, once it is done."""
    began = time.monotonic()
    yield
    console.print(f"  [green]✓[/green] {escape(what)} [dim]{time.monotonic() - began:.1f} s[/dim]")
