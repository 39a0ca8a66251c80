"""Timers that are due and have not fired, with the reason."""

from uuid import uuid4

from tests.integration.cli.conftest import Quiet


def test_a_timer_that_fails_is_told_with_its_reason_and_one_to_come_is_not(quiet: Quiet) -> None:
    assert quiet.phoihop("timers", "registry").out == "No timer is overdue.\n"
    late = uuid4()
    quiet.as_superuser(
        f"""
        insert into timer (id, stream_id, kind, round, due_at, payload, attempts, error) values
        ('{uuid4()}', '{late}', 'report-back', 1, clock_timestamp() - interval '1 h', '{{}}', 3, 'KeyError: line'),
        ('{uuid4()}', '{uuid4()}', 'report-back', 1, clock_timestamp() + interval '1 h', '{{}}', 0, null)
        """
    )
    ((owner, stream, attempts, error),) = [
        (timer["service"], timer["stream_id"], timer["attempts"], timer["error"])
        for timer in quiet.phoihop.told("timers", "registry")
    ]
    assert (owner, stream, attempts, error) == ("registry", str(late), 3, "KeyError: line")
    said = quiet.phoihop.process("timers", "registry")
    assert (said.code, said.err) == (0, "")
    assert "KeyError: line" in said.out
