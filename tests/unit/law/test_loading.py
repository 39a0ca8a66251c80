"""A fault in the law's data is said with file and line."""

import shutil
from pathlib import Path

import pytest

from law.clauses import PACKAGED, LawError, load_law


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED, tmp_path / "law", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def faults(folder: Path, file: str, old: str, new: str) -> tuple[list[str], int]:
    """The faults after one replacement (the first occurrence), and the line on which it begins."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LawError) as raised:
        load_law(folder)
    return list(raised.value.faults), text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("instruments/hd.yaml", "role: L, with: [sectors, ppc]", "role: X, with: [sectors, ppc]", "unknown role 'X'"),
        ("instruments/hd.yaml", "{agency: dcst, role: C", "{agency: dcsst, role: C", "unknown agency 'dcsst'"),
        ("instruments/hd.yaml", "with: [dci]", "with: [dcii]", "unknown agency 'dcii'"),
        ("instruments/hd.yaml", "id: HD-2.1b3", "id: HD-2.1b2", "clause 'HD-2.1b2' stands already in law/instruments/"),
        ("instruments/hd.yaml", "id: HD-2.2\n", "id: LA-2.2\n", "clause 'LA-2.2' is none of instrument 'HD'"),
        ("instruments/hd.yaml", "place: điểm 2.2\n", "plaice: điểm 2.2\n", "unknown field 'plaice'"),
        ("instruments/hd.yaml", "instrument: TT-05-2008", "instrument: TT-50-2008", "unknown instrument 'TT-50-2008'"),
        ("instruments/la.yaml", "signed_on: 2009-09-07", "signed_on: 2009-13-07", "bad date or value '2009-13-07'"),
        ("instruments/la.yaml", "signed_on: 2009-09-07", "signed_on: soon", "bad date 'soon', expected YYYY-MM-DD"),
        ("instruments/la.yaml", "_after_signing: 10", "_after_signing: 15", "do not lead to valid_from 2009-09-17"),
        ("instruments/la.yaml", "role: E, verb: decide}", "role: E}", "is a power and needs its verb"),
        (
            "instruments/la.yaml",
            "text: >-\n      Ban hành",
            "kind: formal\n    text: >-\n      Ban hành",
            "stands here twice",
        ),
        ("provinces/long-an.yaml", "superior: dcst,", "superior: dcsx,", "unknown superior 'dcsx'"),
        ("provinces/long-an.yaml", "instrument: LA", "instrument: LB", "unknown instrument 'LB'"),
        (
            "actions.yaml",
            "{clause: HD-2.1d3, agencies: [dic]}",
            "{clause: HD-2.1d3, agencies: [yu]}",
            "does not name 'yu'",
        ),
        ("actions.yaml", "clause: HD-2.1d2", "clause: HD-2.1d9", "unknown clause 'HD-2.1d9'"),
        ("actions.yaml", "includes: [urge]", "includes: [urges]", "unknown action 'urges'"),
        ("actions.yaml", "includes: [urge]", "includes: [duty.follow-up]", "'duty.follow-up' includes itself"),
        ("violations.yaml", "breaches: [HD-5a]", "breaches: [HD-5z]", "unknown clause 'HD-5z'"),
        ("violations.yaml", "category: user-breach", "category: poor-knowledge", "is no category of conduct"),
        ("calendar.yaml", "zone: Asia/Ho_Chi_Minh", "zone: Asia/Sai_Gon", "unknown time zone 'Asia/Sai_Gon'"),
        ("terms.yaml", "days: 10,", "days: ten,", "days: Input should be a valid integer"),
        ("bodies.yaml", "kind: agency", "kind: agencies", "unknown kind 'agencies', expected 'agency', 'district'"),
    ],
)
def test_a_fault_names_file_and_line(folder: Path, file: str, old: str, new: str, said: str) -> None:
    found, line = faults(folder, file, old, new)
    fault = next((one for one in found if said in one), None)
    assert fault is not None, found
    assert fault.startswith(f"law/{file}:{line}: "), (fault, line)


def test_a_province_without_an_agency_that_its_instrument_binds_is_a_fault(folder: Path) -> None:
    found, _ = faults(folder, "provinces/long-an.yaml", "body: dof,", "body: doj,")
    assert found == ["law/provinces/long-an.yaml:8: 'LA' binds 'dof', but this province has no such agency"]


def test_several_faults_of_a_file_are_said_together(folder: Path) -> None:
    path = folder / "instruments" / "hd.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("role: A,", "role: B,").replace("role: M,", "role: N,"))
    with pytest.raises(LawError) as raised:
        load_law(folder)
    assert [fault.split(": ")[1] for fault in raised.value.faults] == [
        "unknown role 'B', expected 'L', 'C', 'A', 'G', 'D', 'T', 'M', 'O', 'Q', 'P', 'R', 'F' or 'E'",
        "unknown role 'N', expected 'L', 'C', 'A', 'G', 'D', 'T', 'M', 'O', 'Q', 'P', 'R', 'F' or 'E'",
    ]


def test_what_is_no_yaml_is_said_with_its_line(folder: Path) -> None:
    (folder / "terms.yaml").write_text("terms:\n  - {id: [\n", encoding="utf-8")
    with pytest.raises(LawError, match=r"^law/terms\.yaml:\d+: not YAML: "):
        load_law(folder)


def test_a_missing_file_is_said(folder: Path) -> None:
    (folder / "bodies.yaml").unlink()
    with pytest.raises(LawError, match=r"^law/bodies\.yaml:1: cannot be read: "):
        load_law(folder)


def test_a_copy_of_the_data_loads_and_the_packaged_law_is_read_once(folder: Path) -> None:
    assert [clause.id for clause in load_law(folder).clauses()] == [clause.id for clause in load_law().clauses()]
    assert load_law() is load_law()
