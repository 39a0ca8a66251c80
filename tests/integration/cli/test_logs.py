"""The chain is right, or the first wrong position is named; heads prove the end; an epoch is raised for a reason."""

from pathlib import Path

import pytest

from tests.integration.cli.conftest import EVENTS, Quiet

FLIP = """
update event set data = replace(data::text, 'isp', 'isq')::json
where event_no = (select event_no from log where position = 5)
"""
CUT_OFF = (
    "delete from log where position > 9",
    "delete from event where event_no not in (select event_no from log)",
)


def test_a_whole_log_is_verified(quiet: Quiet) -> None:
    (verdict,) = quiet.phoihop.told("audit", "verify", "registry")
    assert (verdict["ok"], verdict["events"], verdict["first_bad_position"]) == (True, EVENTS, None)
    said = quiet.phoihop("audit", "verify")  # all five
    assert (said.code, said.err) == (0, "")
    assert said.out.count(f"{EVENTS} events in") == 5


@pytest.mark.fault("F22")
def test_a_flipped_byte_is_named_by_its_position(quiet: Quiet) -> None:
    quiet.as_superuser(FLIP)
    said = quiet.phoihop.process("audit", "verify", "registry")
    assert (said.code, said.err) == (1, "")
    assert "registry: broken at position 5: the event is not what was stored" in said.out
    broken = quiet.phoihop("audit", "verify", "registry", "--json")
    assert broken.code == 1
    assert [(one["ok"], one["events"], one["first_bad_position"]) for one in broken.json] == [(False, 4, 5)]


@pytest.mark.fault("F22")
def test_an_exported_head_shows_a_cut_off_tail(quiet: Quiet, tmp_path: Path) -> None:
    head = tmp_path / "registry-head.json"
    exported = quiet.phoihop.process("audit", "head", "registry")
    assert (exported.json["position"], exported.json["epoch"], exported.json["service"]) == (EVENTS, 1, "registry")
    assert quiet.phoihop.told("audit", "head", "registry") == exported.json
    head.write_text(exported.out)
    assert quiet.phoihop("audit", "verify", "registry", "--head", head).code == 0
    quiet.as_superuser(*CUT_OFF)
    assert quiet.phoihop("audit", "verify", "registry").code == 0  # what is left is right
    said = quiet.phoihop("audit", "verify", "registry", "--head", head)
    assert said.code == 1
    assert "broken at position 10: the log was cut off: it ends at 9" in said.out


def test_what_is_no_head_is_refused_by_name(quiet: Quiet, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text('{"epoch": 1}')
    said = quiet.phoihop("audit", "verify", "registry", "--head", head)
    assert (said.code, said.out) == (1, "")
    assert f"{head} holds no head" in said.err


def test_an_epoch_is_raised_with_its_reason(quiet: Quiet) -> None:
    why = "khôi phục bản sao lưu 02:00 (mẫu)"
    raised = quiet.phoihop.told("epoch", "raise", "registry", "--reason", why)
    assert raised == {"service": "registry", "epoch": 2, "from_position": EVENTS + 1}
    said = quiet.phoihop.process("epoch", "raise", "registry", "--reason", "again")
    assert said.out == f"registry goes on under epoch 3 from position {EVENTS + 1}.\n"
    assert quiet.rows("select no, reason from epoch order by no")[1:] == [(2, why), (3, "again")]
