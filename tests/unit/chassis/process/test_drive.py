"""One thread of the work process: weather is waited out, a bug ends the process, and the end is orderly."""

from threading import Event

from chassis.process import drive
from chassis.process.drive import Driver
from tests.support.waiting import wait_until


class Weather(Exception):
    """Something that passes by."""


class Steps:
    """Does what it was told, one thing a step; afterwards it has nothing to do."""

    def __init__(self, *outcomes: int | Exception) -> None:
        self.outcomes = list(outcomes)
        self.taken = 0
        self.closed = 0

    def run_once(self) -> int:
        self.taken += 1
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        self.closed += 1


class Process:
    def __init__(self, steps: Steps) -> None:
        self.stop = Event()
        self.crashes: list[tuple[str, str]] = []
        self.driver = Driver("the worker", steps, 0.001, lambda e: isinstance(e, Weather), self.stop, self._crashed)

    def _crashed(self, name: str, error: BaseException) -> None:
        self.crashes.append((name, str(error)))


def test_it_steps_until_it_is_stopped_and_closes_at_the_end():
    steps = Steps(1, 1, 1)
    process = Process(steps)
    process.driver.start()
    wait_until(lambda: steps.taken > 5, 5, "it steps")
    process.stop.set()
    assert process.driver.join(5)
    assert (steps.closed, process.crashes) == (1, [])


def test_what_passes_by_is_waited_out():
    steps = Steps(Weather("rain"), Weather("rain"), 1)
    process = Process(steps)
    process.driver.start()
    wait_until(lambda: steps.taken > 5, 5, "it goes on after the rain")
    assert process.driver.problem() is None
    process.stop.set()
    assert process.driver.join(5)
    assert process.crashes == []


def test_news_end_the_pause():
    steps, news = Steps(), Event()
    driver = Driver("the worker", steps, 60, lambda _: False, stop := Event(), lambda *_: None, news=news)
    driver.start()
    for taken in (1, 2, 3):
        wait_until(lambda taken=taken: steps.taken == taken, 5, f"step {taken}")
        if taken == 3:
            stop.set()
        news.set()
    assert driver.join(5)


def test_what_nobody_foresaw_ends_it_with_one_message():
    steps = Steps(1, KeyError("a bug"), 1)
    process = Process(steps)
    process.driver.start()
    assert process.driver.join(5)
    assert process.crashes == [("the worker", "'a bug'")]
    assert (steps.taken, steps.closed) == (2, 1)


def test_trouble_that_lasts_is_a_reason_not_to_be_ready(monkeypatch):
    monkeypatch.setattr(drive, "TROUBLE_AFTER_S", 0.0)
    process = Process(Steps(*[Weather("rain\nand more rain")] * 1000))
    process.driver.start()
    told = wait_until(process.driver.problem, 5, "the trouble is told")
    assert told == "the worker cannot go on: Weather: rain and more rain"
    process.stop.set()
    assert process.driver.join(10)


def test_a_step_that_does_not_return_is_a_reason_not_to_be_ready(monkeypatch):
    monkeypatch.setattr(drive, "STUCK_AFTER_S", 0.0)
    release = Event()

    class Stuck(Steps):
        def run_once(self) -> int:
            release.wait(10)
            return 0

    process = Process(Stuck())
    process.driver.start()
    wait_until(process.driver.problem, 5, "it is told that it does not move")
    process.stop.set()
    assert not process.driver.join(0.01)
    release.set()
    assert process.driver.join(5)
