"""What every step is given: the doors, the journal, who plays, the programs from outside, and a way to tell."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape

from examples.samples.generator import SampleAgent, SampleCompany
from examples.story.cast import DEPARTMENT, Cast
from examples.story.doors import POLL_S, Doors, NotSeen
from examples.story.journal import Journal

T = TypeVar("T")

ENOUGH_S = 30
"""How long a step waits for what it brought about; the bus takes well under a second."""


@dataclass
class Stage:
    doors: Doors
    journal: Journal
    cast: Cast
    console: Console
    environment: Mapping[str, str]
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    """Service → the highest position of its log that the step has seen."""

    def tell(self, text: str) -> None:
        """A line below the step, in plain words."""
        self.console.print(f"      {escape(text)}")

    @contextmanager
    def step(self, number: int, title: str) -> Iterator[None]:
        """Tells the step's name, its duration and where in the logs it ended."""
        began = time.monotonic()
        self.reached.clear()
        self.console.print(f"[bold]{number}[/bold]  {escape(title)}")
        yield
        places = ", ".join(f"{service} {position}" for service, position in sorted(self.reached.items()))
        self.console.print(
            f"   [green]✓[/green] [dim]{time.monotonic() - began:.1f} s"
            + (f" · log positions: {places}[/dim]" if places else "[/dim]")
        )

    def see(self, what: str, count: int = 1, limit_s: float = ENOUGH_S, **filters: Any) -> list[dict[str, Any]]:
        """Waits until at least `count` facts under these filters came over the bus. Raises NotSeen."""
        facts = self.doors.wait_for(DEPARTMENT, what, lambda found: len(found) >= count, limit_s, **filters)
        for fact in facts:
            self.reached[fact["source"]] = max(self.reached.get(fact["source"], 0), fact["position"])
        return facts

    def until(self, what: str, look: Callable[[], T | None], limit_s: float = ENOUGH_S) -> T:
        """What `look` answers once it does: a read model may be a moment behind the facts. Raises NotSeen."""
        deadline = time.monotonic() + limit_s
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise NotSeen(f"{what}: not seen within {limit_s:.0f} s")
            time.sleep(POLL_S)
        return found

    # ---- companies and agents, by what the doors answered

    def provider_id(self, company: SampleCompany | str) -> str:
        code = company if isinstance(company, str) else company.code
        kept = self.journal.kept(f"provider-{code}")
        assert kept is not None, f"{code} is registered in step 2"
        return str(kept["provider_id"])

    def api_key(self, company: SampleCompany) -> str:
        kept = self.journal.kept(f"api-key-{company.code}")
        assert kept is not None, f"{company.code} has its key since step 2"
        return str(kept["api_key"])

    def agent(self, agent: SampleAgent) -> dict[str, Any]:
        """The agent as the register shows it, found by its certificate's number."""
        label = f"agent-{agent.certificate_number}"
        kept = self.journal.kept(label)
        if kept is None:
            kept = self.until(f"{agent.name} in the register", lambda: self._find(agent))
            self.journal.keep(label, kept)
        return kept

    def _find(self, agent: SampleAgent) -> dict[str, Any] | None:
        found = self.doors.page_through(
            DEPARTMENT, "/registry/v1/agents", provider_id=self.provider_id(agent.isp), area=agent.area
        )
        return next((one for one in found if one["business_certificate_number"] == agent.certificate_number), None)

    # ---- programs from outside

    def start(self, name: str, argv: list[str], python: str) -> None:
        """Starts a program of its own, with nothing of ours on its path; its words go to a log in the run's folder."""
        if name in self.programs and self.programs[name].poll() is None:
            return
        log = self.journal.folder / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        self.programs[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", python, *argv],
            stdin=subprocess.DEVNULL,
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
        )

    def run(self, name: str, argv: list[str], python: str, limit_s: float) -> tuple[int, str]:
        """Runs a program from outside to its end; answers its exit code and what it said."""
        self.start(name, argv, python)
        program = self.programs.pop(name)
        log = self.journal.folder / "logs" / f"{name}.log"
        try:
            code = program.wait(limit_s)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
            raise TimeoutError(f"{name} did not end within {limit_s:.0f} s; its words are in {log}") from None
        return code, log.read_text()

    def end_programs(self) -> None:
        """Every program from outside is asked to end, then made to."""
        for program in self.programs.values():
            program.terminate()
        for program in self.programs.values():
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self.programs.clear()

    def private_file(self, name: str, content: str) -> Path:
        """A file of a program from outside, readable by its owner only."""
        path = self.journal.folder / "private" / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        return path


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
