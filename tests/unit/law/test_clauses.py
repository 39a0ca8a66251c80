"""Every clause of the two documents is a row, with the holders, roles and kinds of requirements §1."""

import re
from datetime import date

import pytest

from law.clauses import Holder, Law, Unknown, load_law

# clause, then agency:role as the table of requirements §1 gives them; "-" for nobody; recitals give no role
TABLE = """
HD-00a all: | HD-00b ppc:E | HD-1 all:O
HD-2.1a dic:L sectors:C ppc:E | HD-2.1b1 dic:G | HD-2.1b2 dic:G dpc:O | HD-2.1b3 dic:C dpc:C | HD-2.1c dic:D dic:G dic:T
HD-2.1d1 dic:L sectors:C dpc:C | HD-2.1d2 dic:Q tel:O | HD-2.1d3 dic:Q isp:O | HD-2.1d4 dic:P competent-authority:E
HD-2.1e dic:O med:C | HD-2.2 dcst:C
HD-2.3a ppd:L ppd:G dic:C sectors:C | HD-2.3b ppd:A | HD-2.3c1 ppd:C | HD-2.3c2 ppd:D ppd:G
HD-2.3d ppd:L dic:C sectors:C
HD-2.4a doet:O | HD-2.4b1 doet:D | HD-2.4b2 doet:D deo:O sch:O fam:C sectors:C unions:C | HD-2.4b3 doet:O sch:O
HD-2.4c doet:P sectors:C unions:C | HD-2.5a dpi:C | HD-2.5b dpi:O dpi:G
HD-2.6a dpc:D | HD-2.6b dpc:C ppc:E | HD-2.6c dpc:M | HD-2.7a med:O dic:C dcst:C sectors:C | HD-2.7b med:O
HD-3a isp:O tel:O | HD-3b isp:O tel:O | HD-3c1 isp:O | HD-3c2 isp:C | HD-3c3 isp:O | HD-3c4 isp:O tel:C dic:Q
HD-3d1 tel:O | HD-3d2 tel:O dic:C sectors:C | HD-4a yu:O wu:O | HD-4b yu:O wu:O sectors:C sch:C par:C
HD-5a agt:O isp:O | HD-5b agt:O | HD-5c agt:O usr:O isp:O | HD-6 all:O | HD-7 dic:F
LA-Q0 dic: doj: ppc: | LA-Q1 ppc:E | LA-Q2a dic:L all:C | LA-Q2b - | LA-Q3 ppo:O dic:O sectors:O dpc:O
LA-QN - | LA-1 all: | LA-2 all:O | LA-3.1 dic:L | LA-3.2 dic:A | LA-3.3 dic:L sectors:C dpc:C
LA-3.4 dic:L doha:C sectors:C dpc:C ppc:E
LA-3.5 dic:O | LA-3.6 dic:L | LA-3.7 dic:C | LA-4.1 ppd:A | LA-4.2 ppd:C ppd:O | LA-4.3 ppd:G
LA-4.4a ppd:C | LA-4.4b ppd:D | LA-5.1 dcst:L | LA-5.2 dcst:L dic:C ppd:C mcst:E | LA-6 dof:O | LA-7 dpi:G
LA-8.1 doet:L sch:C fam:C sectors:C
LA-8.2 doet:O | LA-9 yu:R yu:L sectors:C | LA-10.1 dpc:O | LA-10.2 dpc:D dpc:E | LA-10.3 dpc:E | LA-11.1 all:O
LA-11.2 dic:F | LA-11.3 dic:P ppc:E
"""
ROWS = {cell.split()[0]: cell.split()[1:] for cell in re.split(r"[|\n]", TABLE) if cell.strip()}
SPECIAL = {
    **dict.fromkeys(["HD-00a", "HD-00b", "LA-Q0"], "recital"),
    **dict.fromkeys(["LA-Q1", "LA-Q2b", "LA-QN", "LA-1"], "formal"),
    "LA-2": "principle",
}
PROPOSALS_THAT_ARE_POWERS = {"HD-2.1d4", "LA-11.3"}


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


@pytest.mark.clause(*ROWS)
def test_every_clause_of_the_table_is_there_exactly_once(law: Law) -> None:
    assert len(ROWS) == 79
    assert sorted(ROWS) == sorted(clause.id for clause in law.clauses())


@pytest.mark.parametrize("clause_id", list(ROWS))
def test_its_holders_and_roles_are_those_of_the_table(law: Law, clause_id: str) -> None:
    held = [f"{holder.agency}:{holder.role or ''}" for holder in law.clause(clause_id).holders]
    assert sorted(ROWS[clause_id]) == sorted(held) or (ROWS[clause_id] == ["-"] and held == [])


@pytest.mark.parametrize("clause_id", list(ROWS))
def test_the_kind_of_each_holder_follows_the_rule(law: Law, clause_id: str) -> None:
    def rule(holder: Holder) -> str:
        if clause_id in SPECIAL:
            return SPECIAL[clause_id]
        if holder.role in ("E", "Q") or (holder.role == "P" and clause_id in PROPOSALS_THAT_ARE_POWERS):
            return "power"
        return "duty"

    clause = law.clause(clause_id)
    assert SPECIAL.get(clause_id) == clause.kind
    assert [rule(holder) for holder in clause.holders] == [holder.kind for holder in clause.holders]


def test_every_clause_says_its_place_its_words_and_a_gloss(law: Law) -> None:
    for clause in law.clauses():
        assert clause.place, clause.id
        assert clause.gloss, clause.id
        assert len(clause.text) > 20, clause.id
        assert clause.text == " ".join(clause.text.split()), clause.id


def test_every_duty_names_what_fulfils_it(law: Law) -> None:
    owed = [clause for clause in law.clauses() if any(holder.kind == "duty" for holder in clause.holders)]
    assert [clause.id for clause in owed if not clause.fulfilled_by] == ["LA-3.1"]


@pytest.mark.clause("HD-2.1d3", "HD-2.1d4", "LA-5.2", "LA-10.3", "LA-9")
def test_the_four_verbs_of_power_differ(law: Law) -> None:
    def verb(clause_id: str, agency: str, role: str) -> str | None:
        holders = law.clause(clause_id).holders
        return next(one.verb for one in holders if (one.agency, one.role) == (agency, role))

    assert verb("HD-2.1d3", "dic", "Q") == "require"
    assert verb("HD-2.1d4", "dic", "P") == "propose"
    assert verb("LA-5.2", "dcst", "L") == "propose"
    assert verb("LA-10.3", "dpc", "E") == "decide"
    assert verb("LA-9", "yu", "R") == "request"


@pytest.mark.clause("LA-9")
def test_only_long_an_requests_of_the_youth_union(law: Law) -> None:
    assert [clause.id for clause in law.clauses() if clause.requested] == ["LA-9"]


@pytest.mark.clause("LA-4.2")
def test_operational_police_information_is_read_by_the_police_alone(law: Law) -> None:
    assert law.clause("LA-4.2").readers == ("ppd",)


@pytest.mark.clause("LA-Q2b")
def test_long_an_begins_ten_days_after_signing(law: Law) -> None:
    instrument = law.instruments["LA"]
    assert (instrument.signed_on, instrument.valid_from) == (date(2009, 9, 7), date(2009, 9, 17))
    assert not instrument.verified
    assert [one.id for one in law.instruments_in_force("long-an", date(2009, 9, 16)) if one.scope] == []
    assert [one.id for one in law.instruments_in_force("long-an", date(2009, 9, 17)) if one.scope] == ["LA"]


@pytest.mark.clause("HD-00b", "LA-Q0")
def test_outside_instruments_are_in_force_for_their_time(law: Law) -> None:
    def outside(day: date) -> set[str]:
        return {one.id for one in law.instruments_in_force("hai-duong", day) if one.scope is None}

    assert "ND-97-2008" not in outside(date(2008, 9, 26))
    assert "ND-97-2008" in outside(date(2013, 8, 31))
    assert "ND-97-2008" not in outside(date(2013, 9, 1))
    assert "ND-28-2009" not in outside(date(2009, 3, 19)), "an unknown start is not before the signing"
    assert {"ND-97-2008", "TT-05-2008"} == {one.instrument for one in law.instruments["HD"].based_on}
    assert "652/STP-VBPQP" in {one.number for one in law.instruments["LA"].based_on}


def test_an_instrument_with_unknown_start_is_in_force(law: Law) -> None:
    assert "HD" in {one.id for one in law.instruments_in_force("hai-duong", date(2009, 1, 1))}
    assert "HD" not in {one.id for one in law.instruments_in_force("long-an", date(2026, 1, 1))}


def test_what_is_not_loaded_is_said(law: Law) -> None:
    with pytest.raises(Unknown, match="no clause 'HD-9'"):
        law.clause("HD-9")
    with pytest.raises(Unknown, match="no province 'ha-noi' is loaded; known: hai-duong, long-an"):
        law.instruments_in_force("ha-noi", date(2026, 1, 1))


@pytest.mark.clause("HD-2.6c")
def test_a_tip_about_the_department_knows_who_is_below_whom(law: Law) -> None:
    province = law.province("hai-duong")
    assert province.with_those_below("dic") == {"dic"}
    assert province.with_those_below("dpc.chi-linh") == {"dpc.chi-linh", "dci.chi-linh", "deo.chi-linh"}
    assert {"ppd", "dpd.chi-linh"} <= province.with_those_below("ppd")


def test_hai_duong_has_its_twelve_districts_with_their_agencies(law: Law) -> None:
    province = law.province("hai-duong")
    assert len(province.areas) == 12
    assert len(province.agencies_of("dpc")) == 12
    agency = province.agency("dpc.kinh-mon")
    assert agency is not None
    assert (agency.name.vi, agency.superior, agency.area) == ("Ủy ban nhân dân Huyện Kinh Môn", "ppc", "kinh-mon")
    assert province.agency("dof") is None
    assert len(law.province("long-an").areas) == 14
