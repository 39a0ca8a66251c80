"""May this agency do this on this day: the four answers, and their words."""

from datetime import date

import pytest

from law.clauses import Law, Unknown, load_law
from law.powers import Answer, Granted, NoBasis, NotInForce, ReservedTo, explain, may

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


def granted_by(answer: Answer) -> str | None:
    assert isinstance(answer, Granted), answer
    return answer.clause


@pytest.mark.clause("HD-2.3c1", "HD-2.2", "HD-2.5a", "HD-2.1d1")
@pytest.mark.parametrize(
    ("agency", "clause"),
    [("ppd", "HD-2.3c1"), ("dcst", "HD-2.2"), ("dpi", "HD-2.5a"), ("doet", "HD-2.1d1"), ("dpc.chi-linh", "HD-2.1d1")],
)
def test_agencies_join_an_inspection_by_their_own_clause(law: Law, agency: str, clause: str) -> None:
    assert granted_by(may(law, "hai-duong", agency, "inspection.join", TODAY)) == clause


@pytest.mark.clause("HD-2.3c1", "HD-2.2", "HD-2.5a")
@pytest.mark.parametrize(("agency", "clause"), [("ppd", "HD-2.3c1"), ("dcst", "HD-2.2"), ("dpi", "HD-2.5a")])
def test_those_who_join_record_their_own_findings(law: Law, agency: str, clause: str) -> None:
    assert granted_by(may(law, "hai-duong", agency, "inspection.record-finding", TODAY)) == clause


@pytest.mark.clause("HD-2.1d3")
def test_only_the_department_demands_the_end_of_a_contract(law: Law) -> None:
    action = "contract-termination.demand"
    answer = may(law, "hai-duong", "dic", action, TODAY)
    assert granted_by(answer) == "HD-2.1d3"
    assert isinstance(answer, Granted)
    assert answer.verb == "require"
    for other in ("ppd", "dcst", "ppc", "dpc.chi-linh", "isp"):
        assert may(law, "hai-duong", other, action, TODAY) == ReservedTo(("dic",), "HD-2.1d3")


@pytest.mark.clause("HD-2.1d2", "HD-3c4", "HD-2.1d4", "HD-2.6b", "HD-7")
@pytest.mark.parametrize(
    ("action", "agency", "clause"),
    [
        ("transmission-ban.demand", "dic", "HD-2.1d2"),
        ("line-cut.request", "dic", "HD-3c4"),
        ("website-suspension.propose", "dic", "HD-2.1d4"),
        ("programme.approve", "ppc", "HD-2.6b"),
        ("urge", "dic", "HD-7"),
        ("report.summarise", "dic", "HD-7"),
    ],
)
def test_what_the_directive_reserves(law: Law, action: str, agency: str, clause: str) -> None:
    assert granted_by(may(law, "hai-duong", agency, action, TODAY)) == clause
    assert may(law, "hai-duong", "dcst", action, TODAY) == ReservedTo((agency,), clause)


@pytest.mark.clause("LA-10.3")
def test_certificates_are_revoked_by_the_district_in_long_an_and_without_basis_in_hai_duong(law: Law) -> None:
    action = "certificate.revoke"
    assert granted_by(may(law, "long-an", "dpc.ben-luc", action, TODAY, area="ben-luc")) == "LA-10.3"
    assert may(law, "long-an", "dic", action, TODAY, area="ben-luc") == ReservedTo(("dpc.ben-luc",), "LA-10.3")
    assert may(law, "hai-duong", "dpc.chi-linh", action, TODAY) == NoBasis(action)
    assert may(law, "hai-duong", "dic", action, TODAY) == NoBasis(action)


@pytest.mark.clause("LA-10.3")
def test_a_district_has_its_power_in_its_own_area_only(law: Law) -> None:
    answer = may(law, "long-an", "dpc.ben-luc", "certificate.revoke", TODAY, area="duc-hoa")
    assert answer == ReservedTo(("dpc.duc-hoa",), "LA-10.3")


@pytest.mark.clause("LA-Q2b", "LA-10.3")
def test_before_its_day_an_instrument_gives_nothing(law: Law) -> None:
    before, first = date(2009, 9, 16), date(2009, 9, 17)
    answer = may(law, "long-an", "dpc.ben-luc", "certificate.issue", before)
    assert answer == NotInForce("LA-10.3", first, None)
    assert "17/09/2009" in explain(answer, "vi")
    assert granted_by(may(law, "long-an", "dpc.ben-luc", "certificate.issue", first)) == "LA-10.3"


@pytest.mark.clause("HD-2.3d", "HD-2.1d1")
def test_information_security_turns_the_lead_to_the_police(law: Law) -> None:
    lead, subject = "inspection.lead", "information-security"
    assert granted_by(may(law, "hai-duong", "dic", lead, TODAY)) == "HD-2.1d1"
    assert may(law, "hai-duong", "ppd", lead, TODAY) == ReservedTo(("dic",), "HD-2.1d1")
    assert granted_by(may(law, "hai-duong", "ppd", lead, TODAY, category=subject)) == "HD-2.3d"
    assert may(law, "hai-duong", "dic", lead, TODAY, category=subject) == ReservedTo(("ppd",), "HD-2.3d")
    assert granted_by(may(law, "hai-duong", "dic", "inspection.record-finding", TODAY, category=subject)) == "HD-2.3d"


@pytest.mark.clause("LA-3.3", "LA-5.1")
def test_in_long_an_the_department_keeps_the_lead_but_for_team_814(law: Law) -> None:
    lead, subject = "inspection.lead", "information-security"
    assert granted_by(may(law, "long-an", "dic", lead, TODAY, category=subject)) == "LA-3.3"
    assert may(law, "long-an", "ppd", lead, TODAY, category=subject) == ReservedTo(("dic",), "LA-3.3")
    assert may(law, "long-an", "dcst", lead, TODAY) == ReservedTo(("dic",), "LA-3.3")
    assert granted_by(may(law, "long-an", "dcst", lead, TODAY, team="t814")) == "LA-5.1"


@pytest.mark.clause("HD-2.3d", "LA-10.2")
def test_sanctions_are_decided_by_whom_the_instrument_names(law: Law) -> None:
    action = "sanction.decide"
    assert granted_by(may(law, "hai-duong", "ppd", action, TODAY, category="information-security")) == "HD-2.3d"
    assert granted_by(may(law, "long-an", "dpc.ben-luc", action, TODAY, area="ben-luc")) == "LA-10.2"
    outside = may(law, "hai-duong", "dic", action, TODAY)
    assert isinstance(outside, Granted)
    assert (outside.clause, outside.verified) == (None, False)
    assert "28/2009" in outside.source


@pytest.mark.clause("HD-3d2")
def test_a_data_line_is_suspended_with_any_functional_agency(law: Law) -> None:
    for agency in ("dic", "ppd", "dcst"):
        assert granted_by(may(law, "hai-duong", agency, "data-line.suspend", TODAY)) == "HD-3d2"
    assert may(law, "hai-duong", "wu", "data-line.suspend", TODAY) == NoBasis("data-line.suspend")


@pytest.mark.clause("LA-3.3")
def test_unannounced_inspections_stand_in_long_an_alone(law: Law) -> None:
    action = "inspection.order-unannounced"
    assert granted_by(may(law, "long-an", "dic", action, TODAY)) == "LA-3.3"
    assert may(law, "hai-duong", "dic", action, TODAY) == NoBasis(action)


def test_a_house_setting_grants_without_a_clause_and_reserves_nothing(law: Law) -> None:
    assert may(law, "hai-duong", "dic", "agent.register", TODAY) == Granted(None, "own policy")
    assert may(law, "hai-duong", "ppd", "agent.register", TODAY) == NoBasis("agent.register")


def test_silence_cites_no_clause(law: Law) -> None:
    answer = may(law, "hai-duong", "dic", "moon.landing", TODAY)
    assert answer == NoBasis("moon.landing")
    assert "HD-" not in explain(answer, "en")


def test_an_agency_nobody_knows_has_no_power(law: Law) -> None:
    assert may(law, "hai-duong", "nobody", "inspection.join", TODAY) == NoBasis("inspection.join")
    with pytest.raises(Unknown):
        may(law, "ha-noi", "dic", "inspection.join", TODAY)


@pytest.mark.clause("HD-2.1d3")
def test_a_refusal_says_to_whom_the_power_belongs_and_by_which_clause(law: Law) -> None:
    answer = may(law, "hai-duong", "ppd", "contract-termination.demand", TODAY)
    assert explain(answer, "vi") == (
        "Không được yêu cầu cắt hợp đồng: thẩm quyền này dành cho Sở Thông tin và Truyền thông Hải Dương, "
        "theo HD-2.1d3 (điểm 2.1, gạch đầu dòng 4, ý 3)."
    )
    assert explain(answer, "en").startswith("May not demand that an ISP ends a contract: that is reserved to Hải Dương")


def test_every_answer_of_every_action_has_words_in_both_languages(law: Law) -> None:
    for scope in law.provinces:
        for action in law.actions:
            for agency in ("dic", "ppd", "ppc", "yu"):
                for day in (date(2000, 1, 1), TODAY):
                    answer = may(law, scope, agency, action, day)
                    assert explain(answer, "vi").endswith("."), (scope, action, agency)
                    assert explain(answer, "en").endswith("."), (scope, action, agency)
                    assert explain(answer, "vi") != explain(answer, "en")
