"""Who leads an inspection."""

from datetime import date

import pytest

from law.clauses import Law, Unknown, load_law
from law.leads import Lead, NoLead, lead_of

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


@pytest.mark.clause("HD-2.1d1")
def test_the_department_leads_in_general(law: Law) -> None:
    assert lead_of(law, "hai-duong", TODAY, categories=["agent-breach"]) == Lead("dic", "HD-2.1d1")


@pytest.mark.clause("HD-2.3d")
def test_one_suspicion_of_information_security_gives_the_lead_to_the_police(law: Law) -> None:
    assert lead_of(law, "hai-duong", TODAY, information_security=True) == Lead("ppd", "HD-2.3d")
    mixed = ["agent-breach", "information-security"]
    assert lead_of(law, "hai-duong", TODAY, categories=mixed) == Lead("ppd", "HD-2.3d")
    assert lead_of(law, "hai-duong", TODAY, information_security=True, area="chi-linh") == Lead("ppd", "HD-2.3d")


@pytest.mark.clause("HD-2.1b2", "LA-10.2")
def test_a_district_leads_its_own(law: Law) -> None:
    assert lead_of(law, "hai-duong", TODAY, area="chi-linh") == Lead("dpc.chi-linh", "HD-2.1b2")
    assert lead_of(law, "long-an", TODAY, area="ben-luc") == Lead("dpc.ben-luc", "LA-10.2")


@pytest.mark.clause("LA-3.3")
def test_in_long_an_the_department_leads_for_information_security_too(law: Law) -> None:
    assert lead_of(law, "long-an", TODAY) == Lead("dic", "LA-3.3")
    assert lead_of(law, "long-an", TODAY, information_security=True) == Lead("dic", "LA-3.3")


@pytest.mark.clause("LA-5.1")
def test_culture_leads_for_team_814(law: Law) -> None:
    assert lead_of(law, "long-an", TODAY, team="t814") == Lead("dcst", "LA-5.1")
    assert lead_of(law, "long-an", TODAY, team="t814", information_security=True) == Lead("dcst", "LA-5.1")
    assert lead_of(law, "hai-duong", TODAY, team="t814") == Lead("dic", "HD-2.1d1")


def test_nobody_leads_before_the_instrument_and_no_unknown_district_does(law: Law) -> None:
    with pytest.raises(NoLead, match="long-an on 2009-09-16"):
        lead_of(law, "long-an", date(2009, 9, 16))
    with pytest.raises(Unknown, match="no area 'ben-luc' in hai-duong"):
        lead_of(law, "hai-duong", TODAY, area="ben-luc")
