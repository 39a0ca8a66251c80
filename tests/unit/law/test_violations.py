"""What can be found, and which provision it breaches."""

from datetime import date

import pytest

from law.clauses import Law, Provision, Unknown, load_law

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law()


@pytest.mark.clause("HD-00a")
def test_every_conduct_of_the_preamble_can_be_found_and_no_other_harm(law: Law) -> None:
    conduct = {category.id for category in law.violation_categories.values() if category.conduct}
    assert conduct == {one.category for one in law.violation_types.values()}
    assert {"poor-knowledge", "loose-coordination"} == set(law.violation_categories) - conduct


@pytest.mark.clause("HD-5b", "HD-3a")
def test_in_hai_duong_a_finding_breaches_points_3_and_5(law: Law) -> None:
    for one in law.violation_types:
        (provision,) = law.breached_by(one, "hai-duong", TODAY)
        assert provision.instrument == "HD"
        assert (provision.clause or "").startswith(("HD-3", "HD-5"))


def test_in_long_an_every_provision_breached_is_outside_and_names_no_article(law: Law) -> None:
    for one in law.violation_types:
        then = law.breached_by(one, "long-an", date(2010, 1, 1))
        assert then == (Provision(instrument="ND-97-2008", clause=None, article=None, verified=False),)
        assert law.breached_by(one, "long-an", TODAY)[0].instrument == "ND-72-2013"
    assert law.breached_by("forum-abuse", "long-an", date(2005, 1, 1)) == ()


@pytest.mark.clause("HD-2.3d")
def test_information_security_is_a_flag_of_its_own(law: Law) -> None:
    flagged = {one.id for one in law.violation_types.values() if one.information_security}
    assert flagged == {"information-security-breach", "forum-abuse"}
    with pytest.raises(Unknown, match="no violation type 'noise'"):
        law.violation_type("noise")
