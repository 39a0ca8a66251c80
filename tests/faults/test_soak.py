"""What a soak says of runs that keep everything, that break something, and that do not come to their end in time."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack.state import CHECKOUT
from tests.faults import soak, telling
from tests.faults.doses import rounds
from tests.faults.soak import Run
from tests.support.verdict import Verdict, kind_of
from tests.support.waiting import wait_until

CONFTEST = """
from tests.support.chosen_fault import keep_chosen as pytest_collection_modifyitems, pytest_addoption
"""
VERDICT = Verdict(2.54, 3, ("registry.events.v1/3: position 7 is missing, or came before an earlier one",))
TESTS = f"""
import json, threading
import pytest
from tests.faults.doses import rounds

@pytest.mark.fault("F1", "F4")
def test_that_keeps_everything(request):
    list(rounds("F1", "kills"))
    request.node.user_properties.append(("verdict", json.dumps({Verdict(1.26, 3, ()).counts()})))

@pytest.mark.fault("F3", "F5")
def test_that_breaks_something(request):
    request.node.user_properties.append(("verdict", json.dumps({VERDICT.counts()})))
    assert False

@pytest.mark.fault("F4")
def test_that_never_ends():
    for cut in rounds("F4", "cuts"):
        if cut == 4:
            threading.Event().wait(600)
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_faults.py").write_text(TESTS)
    return folder


def run_soak(tests: Path, *faults: str) -> tuple[int, dict[str, Run]]:
    """Exit code, and the first run of each fault as it was written."""
    results = tests.parent / "results"
    argv = ["--minutes", "0.1", "--dose", "small", "--tests", str(tests), "--results", str(results), *faults]
    code = soak.main(argv)
    (written,) = results.glob("*.json")
    found: dict[str, Run] = {}
    for fields in json.loads(written.read_text())["runs"]:
        found.setdefault(fields["fault"], Run(**fields))
    assert all(f"| {fault} | " in written.with_suffix(".md").read_text() for fault in found)
    return code, found


def test_what_kept_everything_is_told_with_its_numbers_and_the_exit_code_is_0(tests: Path) -> None:
    code, found = run_soak(tests, "F1")
    assert code == 0
    kept = found["F1"]
    assert (kept.outcome, kept.ended, kept.tests) == ("kept", 1, 1)
    assert kept.injected == kept.dose == {"kills": 2}
    assert kept.counts == {"lost": 0, "doubled": 0, "out_of_order": 0, "other": 0}
    assert (kept.recovered_s, kept.sent_twice) == (1.3, 3)


def test_what_broke_something_is_named_and_the_exit_code_is_1(tests: Path) -> None:
    code, found = run_soak(tests, "F3")
    assert code == 1
    broken = found["F3"]
    assert broken.outcome == "broken"
    assert broken.counts["out_of_order"] == 1
    assert [name.rpartition("::")[2] for name in broken.failed] == ["test_that_breaks_something"]


def test_a_fault_without_a_test_is_not_called_kept(tests: Path) -> None:
    code, found = run_soak(tests, "F7")
    assert (code, found["F7"].outcome) == (1, "broken")


def test_what_does_not_end_is_ended_when_the_time_is_over_and_what_had_ended_is_told(tests: Path) -> None:
    run = soak.soak_one("F4", "small", str(tests), tests.parent, limit_s=15)
    assert (run.outcome, run.ended, run.tests) == ("time was over", 1, 2)
    assert (run.injected, run.dose) == ({"cuts": 3}, {"cuts": 6})
    assert (run.recovered_s, run.counts["lost"]) == (1.3, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_soak_in_the_background_that_is_told_to_end_ends_its_run_and_keeps_what_had_ended(
    tests: Path, number: signal.Signals
) -> None:
    results = tests.parent / "results"
    argv = [sys.executable, "-m", "tests.faults.soak", "--minutes", "30", "--dose", "small"]
    argv += ["--tests", str(tests), "--results", str(results), "F1", "F4"]
    program = subprocess.Popen(
        ["bash", "-c", f"{shlex.join(argv)} & wait"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: any("cuts" in file.read_text() for file in results.glob("*/F4.jsonl")), 60, "F4 is under way")
    (background,) = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    os.kill(int(background), number)
    told, _ = program.communicate(timeout=120)
    assert "interrupted: the result holds what came to its end" in told
    (written,) = results.glob("*.json")
    assert [(run["fault"], run["outcome"]) for run in json.loads(written.read_text())["runs"]] == [("F1", "kept")]
    (log,) = results.glob("*/F4.log")
    assert "KeyboardInterrupt" in log.read_text(), "pytest was let stop what it had started"


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of a run that has a second for the loops of its last test but one."""
    with monkeypatch.context() as soaked:
        soaked.setenv(telling.REPORT, str(tmp_path / "F58.jsonl"))
        soaked.setenv(telling.UNTIL, str(time.monotonic() + 2 / telling.FOR_LOOPS))
        telling.share_time(tests_left=2)
        yield tmp_path / "F58.jsonl"
    telling.share_time(tests_left=1)


def test_a_loop_ends_in_its_part_of_the_time_after_a_whole_round_and_tells_what_it_gave(report: Path) -> None:
    began, first, second = time.monotonic(), rounds("F58", "tries", loops_after=1), rounds("F58", "tries")
    for _ in first:
        threading.Event().wait(0.1)
    assert time.monotonic() - began > 0.4
    assert first.given < 50
    for _ in second:
        threading.Event().wait(0.5)
    late = rounds("F58", "tries", by=7)
    assert list(late) == [7], "one at least"
    assert soak.read_report("F58", report)["injected"] == {"tries": min(first.given, second.given, 7)}


def test_every_fault_has_its_share_and_gets_what_those_before_it_did_not_need() -> None:
    limits: list[float] = []

    def one(fault: str, limit_s: float) -> Run:
        limits.append(limit_s)
        return Run(fault, {}, "kept", 0)

    def enough(_: Run) -> None:
        if len(limits) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        soak.soak(["F1", "F3", "F4"], 3600, one, enough)
    assert [round(limit) for limit in limits] == [1200, 1800, 3600] * 2


def test_what_was_not_soaked_for_longest_comes_first(tmp_path: Path) -> None:
    def written(name: str, **outcomes: str) -> None:
        runs = [{"fault": fault, "outcome": outcome} for fault, outcome in outcomes.items()]
        (tmp_path / f"{name}.json").write_text(json.dumps({"runs": runs}))

    written("2026-01-01T000000", F1="kept", F3="kept")
    written("2026-01-02T000000", F1="broken", F4="time was over")
    assert soak.least_recent_first(["F1", "F3", "F4", "F5"], tmp_path) == ["F4", "F5", "F3", "F1"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/registry/v1/agents: accepted (1b) and not stored", "lost"),
        ("message 12 of order 7 was never accepted", "lost"),
        ("cases: 5c is there 0 times", "lost"),
        ("cases: 5c is there 12 times", "doubled"),
        ("registry: registry.agent-registered of 12 follows 2 times from 13", "doubled"),
        ("/isp-1: order 12 was told in the order [2, 1]", "out_of_order"),
        ("registry stands still: ('registry.views',)", "other"),
    ],
)
def test_the_checker_s_words_are_counted_by_kind(line: str, kind: str) -> None:
    assert kind_of(line) == kind
