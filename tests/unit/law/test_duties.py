"""Who owes what in which province: the counting rule of requirements §1."""

from collections import Counter
from datetime import date

import pytest

from law.clauses import Company, Duty, Law, load_law

TODAY = date(2026, 11, 23)
ISPS = [Company(f"isp-{n}", frozenset({"isp"})) for n in (1, 2, 3)]
TELECOMS = [Company(f"tel-{n}", frozenset({"tel"})) for n in (1, 2)]


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


def rows(duties: tuple[Duty, ...], clause: str) -> set[str]:
    return {f"{duty.holder}/{duty.role}" for duty in duties if duty.clause == clause}


@pytest.mark.clause("HD-7")
def test_hai_duong_has_a_row_for_every_holder_and_role(law: Law) -> None:
    duties = law.duties("hai-duong", TODAY, ISPS + TELECOMS)
    by_body = Counter(duty.body for duty in duties)
    assert by_body["dpc"] == 6 * 12
    assert by_body["deo"] == 1 * 12
    assert by_body["isp"] == 9 * 3
    assert by_body["tel"] == 6 * 2
    assert by_body["dic"] == 14
    assert by_body["ppd"] == 7
    assert by_body["med"] == 3 * 2
    assert by_body["agt"] == 3
    assert len(duties) == 186
    assert len({duty.key for duty in duties}) == 186


@pytest.mark.clause("HD-3b")
def test_each_registered_company_has_its_own_row(law: Law) -> None:
    assert rows(law.duties("hai-duong", TODAY), "HD-3b") == set()
    assert rows(law.duties("hai-duong", TODAY, ISPS + TELECOMS), "HD-3b") == {
        "isp-1/O",
        "isp-2/O",
        "isp-3/O",
        "tel-1/O",
        "tel-2/O",
    }


@pytest.mark.clause("HD-3a", "HD-3c4")
def test_a_company_that_is_both_owes_the_same_once_and_different_roles_apart(law: Law) -> None:
    both = Company("vnpt", frozenset({"isp", "tel"}))
    duties = law.duties("hai-duong", TODAY, [both])
    assert [duty.key for duty in duties if duty.clause == "HD-3a"] == ["hai-duong/HD-3a/vnpt/O"]
    assert {"vnpt/O", "vnpt/C"} == rows(duties, "HD-3c4")


@pytest.mark.clause("HD-2.1d1", "HD-2.1d3", "HD-2.1d4")
def test_powers_are_no_duties(law: Law) -> None:
    duties = law.duties("hai-duong", TODAY, ISPS)
    assert rows(duties, "HD-2.1d3") == {"isp-1/O", "isp-2/O", "isp-3/O"}
    assert rows(duties, "HD-2.1d4") == set()
    assert {"dic/L", "sectors/C", "dpc.chi-linh/C"} <= rows(duties, "HD-2.1d1")
    assert not {duty.role for duty in duties} & {"E", "Q"}


@pytest.mark.clause("HD-00a", "HD-00b", "LA-2", "LA-Q1")
def test_recitals_formal_rows_and_principles_bind_nobody(law: Law) -> None:
    clauses = {duty.clause for scope in law.provinces for duty in law.duties(scope, TODAY, ISPS)}
    assert not clauses & {"HD-00a", "HD-00b", "LA-Q0", "LA-Q1", "LA-Q2b", "LA-QN", "LA-1", "LA-2"}


@pytest.mark.clause("HD-4b", "HD-5c")
def test_a_class_has_one_row(law: Law) -> None:
    duties = law.duties("hai-duong", TODAY)
    assert rows(duties, "HD-4b") == {"yu/O", "wu/O", "sectors/C", "sch/C", "par/C"}
    assert rows(duties, "HD-5c") == {"agt/O", "usr/O"}


@pytest.mark.clause("LA-9", "HD-4a")
def test_the_youth_union_is_requested_in_long_an_and_bound_in_hai_duong(law: Law) -> None:
    requested = [duty for duty in law.duties("long-an", TODAY) if duty.requested]
    assert {duty.clause for duty in requested} == {"LA-9"}
    assert {"yu/R", "yu/L", "sectors/C"} == rows(law.duties("long-an", TODAY), "LA-9")
    assert not any(duty.requested for duty in law.duties("hai-duong", TODAY))


@pytest.mark.clause("LA-10.3", "LA-7")
def test_long_an_binds_no_company_agent_or_user(law: Law) -> None:
    duties = law.duties("long-an", TODAY, ISPS + TELECOMS)
    assert not {"isp", "tel", "agt", "usr"} & {duty.body for duty in duties}
    assert all(duty.clause.startswith("LA-") for duty in duties)
    assert Counter(duty.body for duty in duties)["dpc"] == 5 * 14


@pytest.mark.clause("LA-Q2b")
def test_duties_start_when_the_instrument_does(law: Law) -> None:
    assert law.duties("long-an", date(2009, 9, 16)) == ()
    assert law.duties("long-an", date(2009, 9, 17)) != ()


def test_a_key_says_scope_clause_holder_and_role(law: Law) -> None:
    keys = {duty.key for duty in law.duties("hai-duong", TODAY, ISPS)}
    assert {"hai-duong/HD-2.6c/dpc.chi-linh/M", "hai-duong/HD-7/dic/F", "hai-duong/HD-3b/isp-1/O"} <= keys
